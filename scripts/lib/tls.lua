-- tls: hellos of TLS 1.0 to 1.3 (RFC 8446, 5246) and of SSL 3, as far as a scanner asks for them: no keys, no secrets.
-- SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"
local stdnse = require "stdnse"
local stream = require "stream"
local suites = require "tls_ciphers"
local records = require "tls_records"

local M = {}

-- The field's interface.
for name, value in pairs(records) do
  M[name] = value
end

M.ORDER = { "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3" }

M.ALERTS = { [0] = "close notify", [10] = "unexpected message", [20] = "bad record MAC", [40] = "handshake failure", [42] = "bad certificate",
  [47] = "illegal parameter", [50] = "decode error", [70] = "protocol version", [71] = "insufficient security", [80] = "internal error",
  [86] = "inappropriate fallback", [109] = "missing extension", [112] = "unrecognized name", [120] = "no application protocol" }

-- The suites that we offer: all that servers of today choose.
local OFFERED = {
  0x0004, 0x0005, 0x000A, 0x0016, 0x002F, 0x0033, 0x0034, 0x0035, 0x0039, 0x003A, 0x003C, 0x003D, 0x0041, 0x0067, 0x006B, 0x0084,
  0x009C, 0x009D, 0x009E, 0x009F, 0x1301, 0x1302, 0x1303, 0x1304, 0xC007, 0xC008, 0xC009, 0xC00A, 0xC011, 0xC012, 0xC013, 0xC014,
  0xC018, 0xC019, 0xC023, 0xC024, 0xC027, 0xC028, 0xC02B, 0xC02C, 0xC02F, 0xC030, 0xCCA8, 0xCCA9, 0xCCAA,
}

--- The name of a suite, else its number.
function M.cipher_name(number)
  return suites.name[number] or ("0x%04X"):format(number)
end

-- -------------------------------------------------------------------------------------------------------------------------- writing

-- What a suite is offered behind: servers that choose by our order then show their good side; and some (Dovecot without ssl_dh) break off
-- when they chose a DHE suite for which they have no parameters.
local BEHIND = { { "_anon_", 5 }, { "_RC4_", 4 }, { "_3DES_", 4 }, { "_DHE_", 3 }, { "TLS_RSA_", 2 }, { "_CBC_", 1 } }

local function place(name)
  for _, row in ipairs(BEHIND) do
    if name:find(row[1], 1, true) then
      return row[2]
    end
  end
  return 0
end

local function offered(modern)
  local list = {}
  for _, number in ipairs(OFFERED) do
    if (number >> 8 == 0x13) == modern then
      list[#list + 1] = number
    end
  end
  table.sort(list, function(a, b)
    local before, behind = place(suites.name[a]), place(suites.name[b])
    return before < behind or before == behind and a > b
  end)
  for i, number in ipairs(list) do
    list[i] = (">I2"):pack(number)
  end
  return table.concat(list)
end

local CURVES = { "ecdh_x25519", "secp256r1", "secp384r1", "secp521r1", "ffdhe2048", "ffdhe3072" }

--- A ClientHello of ours in its record. what: protocol (a name of PROTOCOLS), server_name, alpn (list of names).
-- A hello for TLS 1.3 offers 1.3 alone, one for another version offers that one at most.
function M.own_hello(what)
  local modern, help, extensions = what.protocol == "TLSv1.3", M.EXTENSION_HELPERS, nil
  if what.protocol ~= "SSLv3" then
    extensions = { elliptic_curves = help.elliptic_curves(CURVES), ec_point_formats = help.ec_point_formats { "uncompressed" } }
    extensions.server_name = what.server_name and help.server_name(what.server_name)
    extensions.application_layer_protocol_negotiation = what.alpn and help.application_layer_protocol_negotiation(what.alpn)
  end
  local scsv = modern and "" or (">I2"):pack(M.CIPHERS.TLS_EMPTY_RENEGOTIATION_INFO_SCSV)
  return M.client_hello { protocol = what.protocol, ciphers = offered(modern) .. scsv, extensions = extensions }
end

-- -------------------------------------------------------------------------------------------------------------------------- reading

--- The body of a ServerHello: {version=, cipher=, alpn=, retry=}; nil if it is none. The version is a number.
function M.server_hello(body)
  local c = cursor.new(body)
  local hello = { version = c:u16() }
  local random = c:bytes(32)
  c:counted8()
  hello.cipher, hello.compressor = c:u16(), c:u8()
  if c.bad then
    return nil
  end
  hello.retry = random == "\xCF\x21\xAD\x74\xE5\x9A\x61\x11\xBE\x1D\x8C\x02\x1E\x65\xB8\x91\xC2\xA2\x11\x16\x7A\xBB\x8C\x5E\x07\x9E\x09\xE2\xC8\xA8\x33\x9C"
  if c:left() > 0 then
    local e = c:part(c:u16())
    while e:left() > 0 do
      local number = e:u16()
      local data = cursor.new(e:counted16())
      if number == M.EXTENSIONS.supported_versions then
        hello.version = data:u16()
      elseif number == M.EXTENSIONS.application_layer_protocol_negotiation then
        data:u16()
        local name = data:counted8()
        hello.alpn = not data.bad and name or nil
      end
    end
  end
  return hello
end

--- The certificates (DER) of a Certificate message before TLS 1.3.
function M.certificates(body)
  local c = cursor.new(body)
  local list = c:part(c:u24())
  local ders = {}
  while list:left() > 0 and #ders < 10 do
    ders[#ders + 1] = list:counted24()
  end
  return not list.bad and ders or nil
end

local MAX_RECORD, MAX_MESSAGES = 18432, 8

-- The next record of a connection: its kind and body; nil when none comes that is one.
local function record(s)
  local header = s:exactly(5)
  if not header then
    return nil
  end
  local kind, version, size = (">BI2I2"):unpack(header)
  if version >> 8 ~= 3 or kind < 20 or kind > 24 or size > MAX_RECORD then
    return nil
  end
  return kind, s:exactly(size)
end

--- Says hello on a connection and hears the reply: {hello=, certificates=, alert=} with what came; nil if no TLS came.
-- wanted: stop after the hello, unless "certificates" is wanted.
function M.handshake(s, what, wanted)
  if not s:send(M.own_hello(what)) then
    return nil
  end
  local heard, pending = {}, ""
  for _ = 1, MAX_MESSAGES do
    local kind, body = record(s)
    if not kind or not body then
      break
    end
    if kind == M.TLS_CONTENTTYPE_REGISTRY.alert then
      if #body >= 2 then
        heard.alert = body:byte(2)
      end
      break
    elseif kind ~= M.TLS_CONTENTTYPE_REGISTRY.handshake then
      break
    end
    pending = pending .. body
    while #pending >= 4 do
      local number, size = (">BI3"):unpack(pending)
      if #pending < 4 + size then
        break
      end
      local message = pending:sub(5, 4 + size)
      pending = pending:sub(5 + size)
      if number == M.TLS_HANDSHAKETYPE_REGISTRY.server_hello then
        heard.hello = M.server_hello(message)
      elseif number == M.TLS_HANDSHAKETYPE_REGISTRY.certificate then
        heard.certificates = M.certificates(message)
      end
    end
    if heard.hello and (wanted ~= "certificates" or heard.certificates) then
      break
    end
  end
  return (heard.hello or heard.alert) and heard or nil
end

--- The name to ask for: the script argument tls.servername, else the host's name by which it was given.
function M.server_name(host)
  return stdnse.get_script_args "tls.servername" or host.targetname
end

M.servername = M.server_name

--- Connects in clear text, talks itself into TLS where the service needs that (starttls), and says one hello. Returns what handshake does,
-- or nil and "connect" if nobody is there any more.
function M.hello(host, port, what, wanted)
  local s, why = M.connect(host, port)
  if not s then
    return nil, why
  end
  what.server_name = what.server_name or M.server_name(host)
  local heard = M.handshake(s, what, wanted)
  s:close()
  return heard
end

--- A connection on which a ClientHello may be said next; nil and why.
function M.connect(host, port)
  local s = stream.open(host, port, { proto = "tcp" })
  if not s then
    return nil, "connect"
  end
  local tunnel = port.version and port.version.service_tunnel == "ssl"
  local begin = not tunnel and require("starttls").of(port)
  if begin and not begin(s, host) then
    s:close()
    return nil, "starttls"
  end
  return s
end

return M
