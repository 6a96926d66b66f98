-- tls: hellos of TLS 1.0 to 1.3 (RFC 8446, 5246) and of SSL 3, as far as a scanner asks for them: no keys, no secrets.
-- SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"
local nmap = require "nmap"
local stdnse = require "stdnse"
local stream = require "stream"

local M = {}

M.PROTOCOLS = { ["SSLv3"] = 0x0300, ["TLSv1.0"] = 0x0301, ["TLSv1.1"] = 0x0302, ["TLSv1.2"] = 0x0303, ["TLSv1.3"] = 0x0304 }
M.ORDER = { "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3" }

M.RECORD = { alert = 21, handshake = 22, data = 23 }
M.HANDSHAKE = { client_hello = 1, server_hello = 2, certificate = 11 }

M.ALERTS = { [0] = "close notify", [10] = "unexpected message", [20] = "bad record MAC", [40] = "handshake failure", [42] = "bad certificate",
  [47] = "illegal parameter", [50] = "decode error", [70] = "protocol version", [71] = "insufficient security", [80] = "internal error",
  [86] = "inappropriate fallback", [109] = "missing extension", [112] = "unrecognized name", [120] = "no application protocol" }

-- Names of the cipher suites that servers choose (IANA's registry).
M.CIPHERS = {
  [0x0004] = "TLS_RSA_WITH_RC4_128_MD5", [0x0005] = "TLS_RSA_WITH_RC4_128_SHA", [0x000A] = "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
  [0x0016] = "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA", [0x002F] = "TLS_RSA_WITH_AES_128_CBC_SHA", [0x0033] = "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
  [0x0034] = "TLS_DH_anon_WITH_AES_128_CBC_SHA", [0x0035] = "TLS_RSA_WITH_AES_256_CBC_SHA", [0x0039] = "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
  [0x003A] = "TLS_DH_anon_WITH_AES_256_CBC_SHA", [0x003C] = "TLS_RSA_WITH_AES_128_CBC_SHA256", [0x003D] = "TLS_RSA_WITH_AES_256_CBC_SHA256",
  [0x0041] = "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA", [0x0067] = "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256", [0x006B] = "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256",
  [0x0084] = "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA", [0x009C] = "TLS_RSA_WITH_AES_128_GCM_SHA256", [0x009D] = "TLS_RSA_WITH_AES_256_GCM_SHA384",
  [0x009E] = "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", [0x009F] = "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
  [0x1301] = "TLS_AES_128_GCM_SHA256", [0x1302] = "TLS_AES_256_GCM_SHA384", [0x1303] = "TLS_CHACHA20_POLY1305_SHA256", [0x1304] = "TLS_AES_128_CCM_SHA256",
  [0xC007] = "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA", [0xC008] = "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA", [0xC009] = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
  [0xC00A] = "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", [0xC011] = "TLS_ECDHE_RSA_WITH_RC4_128_SHA", [0xC012] = "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
  [0xC013] = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", [0xC014] = "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", [0xC018] = "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
  [0xC019] = "TLS_ECDH_anon_WITH_AES_256_CBC_SHA", [0xC023] = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", [0xC024] = "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
  [0xC027] = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", [0xC028] = "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", [0xC02B] = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  [0xC02C] = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", [0xC02F] = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", [0xC030] = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  [0xCCA8] = "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", [0xCCA9] = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  [0xCCAA] = "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
}

--- The name of a suite, else its number.
function M.cipher_name(number)
  return M.CIPHERS[number] or ("0x%04X"):format(number)
end

local EXTENSION = { server_name = 0, groups = 10, point_formats = 11, signatures = 13, alpn = 16, supported_versions = 43, psk_modes = 45, key_share = 51 }

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

local function suites(modern)
  local list = {}
  for number in pairs(M.CIPHERS) do
    if (number >> 8 == 0x13) == modern then
      list[#list + 1] = number
    end
  end
  table.sort(list, function(a, b)
    local before, behind = place(M.CIPHERS[a]), place(M.CIPHERS[b])
    return before < behind or before == behind and a > b
  end)
  for i, number in ipairs(list) do
    list[i] = (">I2"):pack(number)
  end
  return table.concat(list)
end

local GROUPS = { 29, 23, 24, 25, 256, 257 } -- x25519, P-256, P-384, P-521, ffdhe2048, ffdhe3072
local SIGNATURES = { 0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201, 0x0202 }

local function words(list)
  local out = {}
  for i, word in ipairs(list) do
    out[i] = (">I2"):pack(word)
  end
  return table.concat(out)
end

local function extension(number, body)
  return (">I2s2"):pack(number, body)
end

local function protocol_names(list)
  local out = {}
  for i, name in ipairs(list) do
    out[i] = ("s1"):pack(name)
  end
  return table.concat(out)
end

--- A ClientHello in its record. what: protocol (a name of PROTOCOLS), server_name, alpn (list of names), max_record (bytes).
-- A hello for TLS 1.3 offers 1.3 alone, one for another version offers that one at most.
function M.client_hello(what)
  local version = M.PROTOCOLS[what.protocol]
  local modern = version == M.PROTOCOLS["TLSv1.3"]
  local extensions = {}
  local function add(number, body)
    extensions[#extensions + 1] = extension(number, body)
  end
  if what.server_name then
    add(EXTENSION.server_name, (">s2"):pack("\0" .. (">s2"):pack(what.server_name)))
  end
  add(EXTENSION.groups, (">s2"):pack(words(GROUPS)))
  add(EXTENSION.point_formats, "\1\0")
  if version >= M.PROTOCOLS["TLSv1.2"] then
    add(EXTENSION.signatures, (">s2"):pack(words(SIGNATURES)))
  end
  if what.alpn then
    add(EXTENSION.alpn, (">s2"):pack(protocol_names(what.alpn)))
  end
  if modern then
    add(EXTENSION.supported_versions, "\2" .. (">I2"):pack(version))
    add(EXTENSION.psk_modes, "\1\1")
    -- Any 32 bytes are a public key of x25519; the secret behind it is not needed, as nothing is ever decrypted.
    add(EXTENSION.key_share, (">s2"):pack((">I2s2"):pack(29, nmap.get_random_bytes(32))))
  end
  local body = (">I2"):pack(math.min(version, M.PROTOCOLS["TLSv1.2"])) .. nmap.get_random_bytes(32)
  body = body .. (modern and ("s1"):pack(nmap.get_random_bytes(32)) or "\0")
  body = body .. (">s2"):pack((modern and suites(true) or suites(false) .. "\0\255")) .. "\1\0"
  if version > M.PROTOCOLS["SSLv3"] then
    body = body .. (">s2"):pack(table.concat(extensions))
  end
  local message = string.char(M.HANDSHAKE.client_hello) .. (">s3"):pack(body)
  -- RFC 8446, section 5.1: the record's own version is that of TLS 1.0 at most.
  return string.char(M.RECORD.handshake) .. (">I2s2"):pack(math.min(version, M.PROTOCOLS["TLSv1.0"]), message)
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
      if number == EXTENSION.supported_versions then
        hello.version = data:u16()
      elseif number == EXTENSION.alpn then
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
  if not s:send(M.client_hello(what)) then
    return nil
  end
  local heard, pending = {}, ""
  for _ = 1, MAX_MESSAGES do
    local kind, body = record(s)
    if not kind or not body then
      break
    end
    if kind == M.RECORD.alert then
      if #body >= 2 then
        heard.alert = body:byte(2)
      end
      break
    elseif kind ~= M.RECORD.handshake then
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
      if number == M.HANDSHAKE.server_hello then
        heard.hello = M.server_hello(message)
      elseif number == M.HANDSHAKE.certificate then
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
