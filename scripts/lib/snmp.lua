-- snmp: messages of SNMP v1, v2c (RFC 1157, 3416) and the engine discovery of v3 (RFC 3412, 3414). SPDX-License-Identifier: BSD-2-Clause
local asn1 = require "asn1"
local cursor = require "cursor"
local datagram = require "datagram"
local nmap = require "nmap"
local stdnse = require "stdnse"

local M = {}

M.VERSION = { v1 = 0, v2c = 1, v3 = 3 }

local PDU = { get = 0xA0, next = 0xA1, response = 0xA2, report = 0xA8 }

--- A request for object identifiers (texts): what is "get" or "next".
function M.request(what, version, community, id, oids)
  local bindings = {}
  for i, oid in ipairs(oids) do
    bindings[i] = asn1.sequence { asn1.oid(oid), asn1.null() }
  end
  local pdu = asn1.sequence({ asn1.integer(id), asn1.integer(0), asn1.integer(0), asn1.sequence(bindings) }, PDU[what])
  return asn1.sequence { asn1.integer(version), asn1.octets(community), pdu }
end

--- RFC 3414, section 4: an empty, reportable, unauthenticated request. The engine answers with a report that says who it is.
function M.discovery(id)
  local header = asn1.sequence { asn1.integer(id), asn1.integer(65507), asn1.octets "\4", asn1.integer(3) }
  local security = asn1.sequence { asn1.octets "", asn1.integer(0), asn1.integer(0), asn1.octets "", asn1.octets "", asn1.octets "" }
  local pdu = asn1.sequence({ asn1.integer(id), asn1.integer(0), asn1.integer(0), asn1.sequence {} }, PDU.get)
  local scoped = asn1.sequence { asn1.octets "", asn1.octets "", pdu }
  return asn1.sequence { asn1.integer(M.VERSION.v3), header, asn1.octets(security), scoped }
end

-- The values that RFC 2578 adds to ASN.1's own, and the exceptions of RFC 3416.
local VALUE = {
  [asn1.TAG.INTEGER] = asn1.to_integer,
  [asn1.TAG.OCTETS] = function(e) return e.body end,
  [asn1.TAG.OID] = asn1.to_oid,
  [0x40] = function(e) return #e.body == 4 and ("%d.%d.%d.%d"):format(e.body:byte(1, 4)) or nil end,
  [0x41] = asn1.to_unsigned,
  [0x42] = asn1.to_unsigned,
  [0x43] = asn1.to_unsigned,
  [0x44] = function(e) return e.body end,
  [0x46] = asn1.to_unsigned,
}

local function bindings_of(element)
  local list = asn1.items(element)
  if not list then
    return nil
  end
  local found = {}
  for _, binding in ipairs(list) do
    local pair = asn1.items(binding)
    local oid = pair and asn1.to_oid(pair[1])
    if not oid or not pair[2] then
      return nil
    end
    local read = VALUE[pair[2].tag]
    found[#found + 1] = { oid = oid, value = read and read(pair[2]) or nil }
  end
  return found
end

local function decode_pdu(element)
  local pdu = asn1.items(element)
  if not pdu or #pdu < 4 then
    return nil
  end
  return { kind = element.tag, id = asn1.to_integer(pdu[1]), error = asn1.to_integer(pdu[2]), bindings = bindings_of(pdu[4]) }
end

--- A message: {version=, community=, pdu = {kind=, id=, error=, bindings = {{oid=, value=}}}} or, of v3, {version=, engine = {id=, boots=,
-- time=}}. nil if it is none.
function M.decode(data)
  local c = cursor.new(data)
  local fields = asn1.items(asn1.read(c))
  local version = fields and asn1.to_integer(fields[1])
  if version == M.VERSION.v3 then
    local security = fields[3] and asn1.items(asn1.read(cursor.new(fields[3].body)))
    if not security or not security[3] or security[1].tag ~= asn1.TAG.OCTETS then
      return nil
    end
    return { version = version, engine = { id = security[1].body, boots = asn1.to_integer(security[2]), time = asn1.to_integer(security[3]) } }
  elseif version == M.VERSION.v1 or version == M.VERSION.v2c then
    local pdu = fields[3] and decode_pdu(fields[3])
    if not pdu or fields[2].tag ~= asn1.TAG.OCTETS then
      return nil
    end
    return { version = version, community = fields[2].body, pdu = pdu }
  end
  return nil
end

-- ------------------------------------------------------------------------------------------------------------------- conversations

local function new_id()
  return (">I4"):unpack(nmap.get_random_bytes(4)) & 0x7fffffff
end

-- Reads the response with an id.
local function response_to(id)
  return function(data)
    local message = M.decode(data)
    return message and message.pdu and message.pdu.id == id and message.pdu.kind == PDU.response and message.pdu
  end
end

--- Gets values of one community: {oid = value}; nil if nothing came.
function M.get(host, port, version, community, oids, tries)
  local id = new_id()
  local pdu = datagram.ask(host, port, M.request("get", version, community, id, oids), response_to(id), { tries = tries })
  local found = {}
  for _, binding in ipairs(pdu and pdu.error == 0 and pdu.bindings or {}) do
    found[binding.oid] = binding.value
  end
  return pdu and found
end

--- Who the v3 engine is: {id=, boots=, time=}; nil if none answers.
function M.engine(host, port, tries)
  return datagram.ask(host, port, M.discovery(new_id()), function(data)
    local message = M.decode(data)
    return message and message.engine
  end, { tries = tries })
end

--- The communities to try: the script argument snmp.communities (text or list), else "public".
function M.communities()
  local told = stdnse.get_script_args { "snmp.communities", "snmp.community" }
  if type(told) == "table" then
    return told
  end
  return { told or "public" }
end

--- The arguments say which versions are asked: "v1", "v2c" or both (default: v2c, then v1).
function M.versions()
  local told = stdnse.get_script_args "snmp.version"
  if told and M.VERSION[told] then
    return { M.VERSION[told] }
  end
  return { M.VERSION.v2c, M.VERSION.v1 }
end

-- -------------------------------------------------------------------------------------------------------------- the field's interface

local MOST_WALKED = 20000
local TRIES = 3

local Helper = {}
Helper.__index = Helper
M.Helper = Helper

-- "creds.snmp" has the field's form ":community".
local function told_community()
  local told = stdnse.get_script_args { "snmpcommunity", "creds.snmp" }
  return type(told) == "string" and (told:match "^:(.*)$" or told) or M.communities()[1]
end

--- A conversation with an agent: the community is that of the arguments (snmp.communities, creds.snmp) or "public"; options: timeout (ms).
function Helper:new(host, port, community, options)
  return setmetatable({ host = host, port = type(port) == "table" and port or { number = port, protocol = "udp" }, community = community or told_community(),
    version = M.versions()[1], options = options or {} }, self)
end

function Helper:connect()
  self.socket = datagram.open(self.host, self.port, self.options.timeout)
  if not self.socket then
    return nil, "the agent cannot be asked"
  end
  return true
end

-- {{value, oid}, ...}; false and why.
local function ask(self, what, options, oids)
  local names, id = {}, type(options) == "table" and options.reqId or new_id()
  for i, oid in ipairs(oids) do
    names[i] = type(oid) == "table" and table.concat(oid, ".") or oid
  end
  local pdu = self.socket and datagram.on(self.socket, M.request(what, self.version, self.community, id, names), response_to(id), { tries = TRIES })
  if not pdu then
    return false, "no answer"
  elseif pdu.error ~= 0 or not pdu.bindings then
    return false, ("error %s of the agent"):format(tostring(pdu.error))
  end
  local found = {}
  for i, binding in ipairs(pdu.bindings) do
    found[i] = { binding.value, binding.oid }
  end
  return true, found
end

--- True and {{value, oid}, ...} of object identifiers; false and why.
function Helper:get(options, ...)
  return ask(self, "get", options, { ... })
end

--- The same of what follows each.
function Helper:getnext(options, ...)
  return ask(self, "next", options, { ... })
end

-- Is a below b, as numbers?
local function is_before(a, b)
  local next_b = b:gmatch "%d+"
  for number in a:gmatch "%d+" do
    local other = next_b()
    if not other or tonumber(number) ~= tonumber(other) then
      return other ~= nil and tonumber(number) < tonumber(other)
    end
  end
  return next_b() ~= nil
end

--- True and {{oid =, value =}, ...} of all that stands below an identifier; false and why if nothing does.
function Helper:walk(base)
  base = (type(base) == "table" and table.concat(base, ".") or base):gsub("^%.", "")
  local found, at = {}, base
  while #found < MOST_WALKED do
    local ok, response = self:getnext(nil, at)
    local value, oid = nil, nil
    if ok and response[1] then
      value, oid = response[1][1], response[1][2]
    end
    -- An agent that goes back would be walked for ever.
    if not oid or value == nil or oid:sub(1, #base + 1) ~= base .. "." or not is_before(at, oid) then
      if not ok and #found == 0 then
        return false, response
      end
      break
    end
    found[#found + 1] = { oid = oid, value = value }
    at = oid
  end
  return #found > 0, #found > 0 and found or "nothing stands there"
end

--- The first value of what get returned; and all of them as it returned them.
function M.fetchFirst(response)
  return type(response) == "table" and response[1] and response[1][1] or nil
end

function M.fetchResponseValues(response)
  return type(response) == "table" and response or {}
end

M.OID = { sysDescr = "1.3.6.1.2.1.1.1.0", sysObjectID = "1.3.6.1.2.1.1.2.0", sysUpTime = "1.3.6.1.2.1.1.3.0", sysName = "1.3.6.1.2.1.1.5.0",
  sysLocation = "1.3.6.1.2.1.1.6.0" }

-- Private enterprise numbers (IANA) of makers whose agents are met; the rest is told as a number.
M.ENTERPRISE = {
  [2] = "IBM", [9] = "Cisco", [11] = "Hewlett-Packard", [36] = "DEC", [42] = "Sun Microsystems", [43] = "3Com", [63] = "Apple", [74] = "AT&T",
  [94] = "Nokia", [111] = "Oracle", [161] = "Motorola", [171] = "D-Link", [193] = "Ericsson", [207] = "Allied Telesis", [231] = "Siemens", [253] = "Xerox",
  [311] = "Microsoft", [318] = "APC", [343] = "Intel", [367] = "Ricoh", [388] = "Symbol", [674] = "Dell", [789] = "NetApp", [890] = "ZyXEL",
  [1347] = "Kyocera", [1588] = "Brocade", [1602] = "Canon", [1916] = "Extreme Networks", [1991] = "Foundry", [2001] = "Oki Data", [2011] = "Huawei",
  [2021] = "UCD-SNMP", [2435] = "Brother", [2636] = "Juniper", [2620] = "Check Point", [3076] = "Altiga", [3224] = "NetScreen", [3375] = "F5", [3417] = "Blue Coat",
  [3902] = "ZTE", [4526] = "Netgear", [5624] = "Enterasys", [5655] = "SCO", [6486] = "Alcatel-Lucent", [6527] = "Nokia (TiMOS)", [6876] = "VMware", [6574] = "Synology",
  [8072] = "Net-SNMP", [8744] = "Colubris", [9694] = "Arbor", [10418] = "Avocent", [11863] = "TP-Link", [12356] = "Fortinet", [14179] = "Airespace",
  [14823] = "Aruba", [14988] = "MikroTik", [16378] = "Arris", [17163] = "Riverbed", [19046] = "Lenovo", [21067] = "Sophos", [24681] = "QNAP", [25053] = "Ruckus",
  [25461] = "Palo Alto Networks", [25506] = "H3C", [26543] = "IBM", [30065] = "Arista", [30155] = "OpenBSD", [39165] = "Hikvision", [41112] = "Ubiquiti",
  [47196] = "Aruba (HPE)", [50536] = "TrueNAS",
}

-- RFC 3411, SnmpEngineID: bit 0 says that the fifth byte tells the form of the rest.
local FORM = { [1] = "IPv4", [2] = "IPv6", [3] = "MAC", [4] = "text", [5] = "octets" }

--- What an engine id tells: {enterprise=, vendor=, form=, data=} (data as text); nil if it is too short to tell anything.
function M.engine_id(id)
  if #id < 5 or #id > 32 then
    return nil
  end
  local first = (">I4"):unpack(id)
  local told = { enterprise = first & 0x7fffffff }
  told.vendor = M.ENTERPRISE[told.enterprise]
  local rest = id:sub(6)
  if first & 0x80000000 == 0 then
    told.form, told.data = "old", stdnse.tohex(id:sub(5))
    return told
  end
  told.form = FORM[id:byte(5)] or tostring(id:byte(5))
  if told.form == "IPv4" and #rest == 4 or told.form == "IPv6" and #rest == 16 then
    told.data = require("ipOps").str_to_ip(rest)
  elseif told.form == "MAC" and #rest == 6 then
    told.data = stdnse.format_mac(rest)
  elseif told.form == "text" then
    told.data = rest
  else
    told.data = stdnse.tohex(rest)
  end
  return told
end

return M
