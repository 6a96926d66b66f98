-- dns: messages of DNS (RFC 1035, EDNS of RFC 6891) and one question with one answer. SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"
local datagram = require "datagram"
local nmap = require "nmap"
local stdnse = require "stdnse"
local stream = require "stream"

local M = {}

M.types = { A = 1, NS = 2, CNAME = 5, SOA = 6, PTR = 12, HINFO = 13, MX = 15, TXT = 16, AAAA = 28, SRV = 33, OPT = 41, ANY = 255 }
M.CLASS = { IN = 1, CH = 3, ANY = 255 }
M.RCODE = { [0] = "NOERROR", [1] = "FORMERR", [2] = "SERVFAIL", [3] = "NXDOMAIN", [4] = "NOTIMP", [5] = "REFUSED", [9] = "NOTAUTH" }
M.OPTION = { NSID = 3, COOKIE = 10 }

local MAX_RECORDS, MAX_JUMPS = 200, 32

-- -------------------------------------------------------------------------------------------------------------------------- writing

local function name_bytes(name)
  local out = {}
  for label in name:gmatch("[^.]+") do
    out[#out + 1] = string.char(math.min(63, #label)) .. label:sub(1, 63)
  end
  return table.concat(out) .. "\0"
end

--- A question. what: id, name, type, class, recursion (RD), edns (a table of options {[code] = bytes}; false: no OPT record),
-- unicast (mDNS: the answer may come to us alone).
function M.question(what)
  local flags = what.recursion and 0x0100 or 0
  local class = what.class or M.CLASS.IN
  local header = (">I2I2I2I2I2I2"):pack(what.id or 0, flags, 1, 0, 0, what.edns and 1 or 0)
  local message = header .. name_bytes(what.name) .. (">I2I2"):pack(what.type or M.types.A, what.unicast and class | 0x8000 or class)
  if what.edns then
    local options = {}
    for code, bytes in pairs(what.edns) do
      options[#options + 1] = (">I2s2"):pack(code, bytes)
    end
    message = message .. "\0" .. (">I2I2I4s2"):pack(M.types.OPT, 1232, 0, table.concat(options))
  end
  return message
end

-- -------------------------------------------------------------------------------------------------------------------------- reading

-- A name: labels and pointers (RFC 1035, section 4.1.4). Pointers lead backwards only, so that none can go in circles.
local function read_name(c)
  local labels, jumps, after, total = {}, 0, nil, 0
  while not c.bad do
    local start = c.at
    local length = c:u8()
    if length == 0 then
      break
    elseif length >= 0xC0 then
      local target = ((length & 0x3F) << 8 | c:u8()) + 1
      jumps = jumps + 1
      if target >= start or jumps > MAX_JUMPS then
        c.bad = true
        break
      end
      after = after or c.at
      c.at = target
    elseif length >= 0x40 then
      c.bad = true
    else
      labels[#labels + 1] = c:bytes(length)
      total = total + length + 1
      if total > 255 then
        c.bad = true
      end
    end
  end
  if after and not c.bad then
    c.at = after
  end
  return table.concat(labels, ".")
end

local function texts(bytes)
  local c, list = cursor.new(bytes), {}
  while c:left() > 0 do
    list[#list + 1] = c:counted8()
  end
  return not c.bad and list or nil
end

local function options(bytes)
  local c, list = cursor.new(bytes), {}
  while c:left() > 0 do
    local code = c:u16()
    list[code] = c:counted16()
  end
  return not c.bad and list or nil
end

-- Data of a record: what could be read of it; names need the whole message.
local DATA = {
  [1] = function(c, size) return size == 4 and ("%d.%d.%d.%d"):format(c:bytes(4):byte(1, 4)) or nil end,
  [28] = function(c, size) return size == 16 and require("ipOps").str_to_ip(c:bytes(16)) or nil end,
  [2] = read_name, [5] = read_name, [12] = read_name,
  [16] = function(c, size) return texts(c:bytes(size)) end,
  [13] = function(c, size) return texts(c:bytes(size)) end,
  [33] = function(c)
    local priority, weight, port = c:u16(), c:u16(), c:u16()
    return { priority = priority, weight = weight, port = port, name = read_name(c) }
  end,
  [15] = function(c)
    return { preference = c:u16(), name = read_name(c) }
  end,
  [6] = function(c)
    local primary, mail = read_name(c), read_name(c)
    return { primary = primary, mail = mail, serial = c:u32() }
  end,
  [41] = function(c, size) return options(c:bytes(size)) end,
}

local function read_record(c)
  local record = { name = read_name(c), type = c:u16(), class = c:u16(), ttl = c:u32() }
  local size = c:u16()
  local start = c.at
  if c:left() < size then
    c.bad = true
  end
  if c.bad then
    return nil
  end
  local read = DATA[record.type]
  if read then
    -- What a record's data say wrongly spoils that record alone.
    local own = cursor.new(c.data:sub(1, start + size - 1), start)
    record.data = read(own, size)
    if own.bad then
      record.data = nil
    end
  end
  c.at = start + size
  return record
end

--- A message: {id=, response=, opcode=, authoritative=, truncated=, recursion_available=, rcode=, questions=, answers = {{name=, type=,
-- class=, ttl=, data=}}, authority=, additional=}; nil if it is none. data: text, list of texts (TXT) or table, by the type.
function M.decode(bytes)
  local c = cursor.new(bytes)
  local id, flags = c:u16(), c:u16()
  local counts = { c:u16(), c:u16(), c:u16(), c:u16() }
  if c.bad then
    return nil
  end
  local message = { id = id, response = flags & 0x8000 ~= 0, opcode = flags >> 11 & 15, authoritative = flags & 0x0400 ~= 0, truncated = flags & 0x0200 ~= 0,
    recursion_available = flags & 0x0080 ~= 0, rcode = flags & 15, questions = {}, answers = {}, authority = {}, additional = {} }
  for _ = 1, math.min(counts[1], MAX_RECORDS) do
    message.questions[#message.questions + 1] = { name = read_name(c), type = c:u16(), class = c:u16() }
    if c.bad then
      return nil
    end
  end
  for i, section in ipairs { message.answers, message.authority, message.additional } do
    for _ = 1, math.min(counts[i + 1], MAX_RECORDS) do
      local record = read_record(c)
      -- A message that is cut off still tells what came before.
      if not record then
        return message
      end
      section[#section + 1] = record
    end
  end
  return message
end

-- ------------------------------------------------------------------------------------------------------------------- conversations

local function over_udp(host, port, question, id, options)
  return datagram.ask(host, port, question, function(data)
    local answer = M.decode(data)
    return answer and answer.response and answer.id == id and answer
  end, options)
end

local function over_tcp(host, port, question, id)
  local s = stream.open(host, port)
  if not s then
    return nil
  end
  local message
  local size = s:ask((">s2"):pack(question), 2)
  if size then
    local data = s:exactly(((">I2"):unpack(size)))
    message = data and M.decode(data)
  end
  s:close()
  return message and message.response and message.id == id and message or nil
end

--- Asks a server one question (fields as in question) over the port's own protocol; nil if no answer came. Options: tries, timeout (udp).
function M.ask(host, port, what, options)
  local id = (">I2"):unpack(nmap.get_random_bytes(2))
  what.id = id
  local question = M.question(what)
  if port.protocol == "udp" then
    return over_udp(host, port, question, id, options or { timeout = 4000 })
  end
  return over_tcp(host, port, question, id)
end

--- The text of a TXT record of class CH (version.bind and its like); nil without one.
function M.chaos(host, port, name)
  local answer = M.ask(host, port, { name = name, type = M.types.TXT, class = M.CLASS.CH })
  for _, record in ipairs(answer and answer.answers or {}) do
    if record.type == M.types.TXT and record.data then
      local text = table.concat(record.data)
      return text ~= "" and text or nil, answer
    end
  end
  return nil, answer
end

-- ------------------------------------------------------------------------------------------------------------------- the field's query

-- What query returns of a record: texts.
local function text_of(record)
  local data = record.data
  if type(data) ~= "table" then
    return data
  elseif record.type == M.types.TXT then
    return table.concat(data)
  elseif record.type == M.types.SRV then
    return ("%d:%d:%d:%s"):format(data.priority, data.weight, data.port, data.name)
  elseif record.type == M.types.MX then
    return ("%d:%s"):format(data.preference, data.name)
  elseif record.type == M.types.SOA then
    return data.primary
  end
end

-- The answers of the type that was asked for, in a message.
local function texts_of(message, kind)
  local found = {}
  for _, record in ipairs(message.answers) do
    local text = (record.type == kind or kind == M.types.ANY) and text_of(record)
    found[#found + 1] = text or nil
  end
  return found
end

local function servers_of(options)
  if options.host then
    return { type(options.host) == "table" and options.host.ip or options.host }
  end
  return nmap.get_dns_servers()
end

--- Asks a server for a name, or the system's servers one after another. Options: dtype ("A", "PTR", ... or a number), host, port (a number or table),
-- sendCount (2: how often it is asked), retAll (all answers, not the first), retPkt (the whole message, see decode), norecurse, nsid, timeout (ms).
-- True and the answer; false and why not.
function M.query(name, options)
  options = options or {}
  local kind = M.types[options.dtype or "A"] or tonumber(options.dtype)
  if not kind then
    return false, "unknown type " .. tostring(options.dtype)
  end
  local port = type(options.port) == "table" and options.port or { number = options.port or 53, protocol = options.proto or "udp" }
  local why = "no server to ask"
  for _, server in ipairs(servers_of(options)) do
    local what = { name = name, type = kind, class = options.class, recursion = not options.norecurse, edns = options.nsid and { [M.OPTION.NSID] = "" } or nil }
    local message = M.ask({ ip = server }, port, what, { tries = options.sendCount or 2, timeout = options.timeout })
    if message and options.retPkt then
      return true, message
    end
    local found = message and texts_of(message, kind) or {}
    if #found > 0 then
      return true, options.retAll and found or found[1]
    end
    why = message and (message.rcode == 3 and "No such name" or "No Answers") or "no answer of " .. tostring(server)
  end
  return false, why
end

--- The name under which an address is looked up backwards.
function M.reverse(ip)
  local bytes = require("ipOps").ip_to_str(ip)
  if not bytes then
    return nil
  end
  if #bytes == 4 then
    local a, b, c, d = bytes:byte(1, 4)
    return ("%d.%d.%d.%d.in-addr.arpa"):format(d, c, b, a)
  end
  return (stdnse.tohex(bytes):reverse():gsub(".", "%0.")) .. "ip6.arpa"
end

return M
