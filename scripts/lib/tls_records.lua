-- tls_records: records and messages of TLS up to 1.2, and the ClientHello of 1.3, in the form that scripts of the field expect: names instead of numbers
-- (RFC 8446, 5246; extensions' names are IANA's). All of it is reached through tls, too. SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"
local nmap = require "nmap"
local suites = require "tls_ciphers"
local tableaux = require "tableaux"

local M = {}

M.PROTOCOLS = { ["SSLv3"] = 0x0300, ["TLSv1.0"] = 0x0301, ["TLSv1.1"] = 0x0302, ["TLSv1.2"] = 0x0303, ["TLSv1.3"] = 0x0304 }
M.HIGHEST_PROTOCOL = "TLSv1.3"
M.TLS_CONTENTTYPE_REGISTRY = { change_cipher_spec = 20, alert = 21, handshake = 22, application_data = 23, heartbeat = 24 }
M.TLS_ALERT_LEVELS = { warning = 1, fatal = 2 }
M.TLS_ALERT_REGISTRY = {
  close_notify = 0, unexpected_message = 10, bad_record_mac = 20, decryption_failed = 21, record_overflow = 22, decompression_failure = 30, handshake_failure = 40,
  no_certificate = 41, bad_certificate = 42, unsupported_certificate = 43, certificate_revoked = 44, certificate_expired = 45, certificate_unknown = 46,
  illegal_parameter = 47, unknown_ca = 48, access_denied = 49, decode_error = 50, decrypt_error = 51, export_restriction = 60, protocol_version = 70,
  insufficient_security = 71, internal_error = 80, inappropriate_fallback = 86, user_canceled = 90, no_renegotiation = 100, missing_extension = 109,
  unsupported_extension = 110, certificate_unobtainable = 111, unrecognized_name = 112, bad_certificate_status_response = 113, bad_certificate_hash_value = 114,
  unknown_psk_identity = 115, certificate_required = 116, no_application_protocol = 120,
}
M.TLS_HANDSHAKETYPE_REGISTRY = { hello_request = 0, client_hello = 1, server_hello = 2, hello_verify_request = 3, NewSessionTicket = 4, encrypted_extensions = 8,
  certificate = 11, server_key_exchange = 12, certificate_request = 13, server_hello_done = 14, certificate_verify = 15, client_key_exchange = 16, finished = 20,
  certificate_status = 22, next_protocol = 67 }
M.COMPRESSORS = { NULL = 0, DEFLATE = 1, LZS = 64 }
M.ELLIPTIC_CURVES = { sect163k1 = 1, sect163r1 = 2, sect163r2 = 3, sect193r1 = 4, sect193r2 = 5, sect233k1 = 6, sect233r1 = 7, sect239k1 = 8, sect283k1 = 9, sect283r1 = 10,
  sect409k1 = 11, sect409r1 = 12, sect571k1 = 13, sect571r1 = 14, secp160k1 = 15, secp160r1 = 16, secp160r2 = 17, secp192k1 = 18, secp192r1 = 19, secp224k1 = 20, secp224r1 = 21,
  secp256k1 = 22, secp256r1 = 23, secp384r1 = 24, secp521r1 = 25, brainpoolP256r1 = 26, brainpoolP384r1 = 27, brainpoolP512r1 = 28, ecdh_x25519 = 29, ecdh_x448 = 30,
  ffdhe2048 = 256, ffdhe3072 = 257, ffdhe4096 = 258, ffdhe6144 = 259, ffdhe8192 = 260 }
-- Some servers have finite fields only for who names one (RFC 7919).
M.DEFAULT_ELLIPTIC_CURVES = { "secp256r1", "secp384r1", "secp521r1", "ecdh_x25519", "ecdh_x448", "ffdhe2048", "ffdhe3072" }
M.EC_POINT_FORMATS = { uncompressed = 0, ansiX962_compressed_prime = 1, ansiX962_compressed_char2 = 2 }
M.HashAlgorithms = { none = 0, md5 = 1, sha1 = 2, sha224 = 3, sha256 = 4, sha384 = 5, sha512 = 6 }
M.SignatureAlgorithms = { anonymous = 0, rsa = 1, dsa = 2, ecdsa = 3 }
M.EXTENSIONS = { server_name = 0, max_fragment_length = 1, client_certificate_url = 2, trusted_ca_keys = 3, truncated_hmac = 4, status_request = 5, user_mapping = 6,
  cert_type = 9, elliptic_curves = 10, ec_point_formats = 11, srp = 12, signature_algorithms = 13, use_srtp = 14, heartbeat = 15, application_layer_protocol_negotiation = 16,
  status_request_v2 = 17, signed_certificate_timestamp = 18, padding = 21, encrypt_then_mac = 22, extended_master_secret = 23, ["SessionTicket TLS"] = 35, pre_shared_key = 41,
  early_data = 42, supported_versions = 43, cookie = 44, psk_key_exchange_modes = 45, key_share = 51, next_protocol_negotiation = 13172, renegotiation_info = 65281 }
-- The two that are signals and no suites have numbers, too, but are not met by who walks through all.
M.CIPHERS = setmetatable(suites.number, { __index = { TLS_EMPTY_RENEGOTIATION_INFO_SCSV = 0x00FF, TLS_FALLBACK_SCSV = 0x5600 } })
M.DEFAULT_CIPHERS = { "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
  "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_DHE_RSA_WITH_AES_256_CBC_SHA", "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_256_CBC_SHA",
  "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_RSA_WITH_RC4_128_SHA" }

local CONTENT, ALERT, LEVEL, HANDSHAKE = tableaux.invert(M.TLS_CONTENTTYPE_REGISTRY), tableaux.invert(M.TLS_ALERT_REGISTRY), tableaux.invert(M.TLS_ALERT_LEVELS),
  tableaux.invert(M.TLS_HANDSHAKETYPE_REGISTRY)
local PROTOCOL, COMPRESSOR, CURVE, EXTENSION = tableaux.invert(M.PROTOCOLS), tableaux.invert(M.COMPRESSORS), tableaux.invert(M.ELLIPTIC_CURVES), tableaux.invert(M.EXTENSIONS)
local HASH, SIGNATURE = tableaux.invert(M.HashAlgorithms), tableaux.invert(M.SignatureAlgorithms)

-- -------------------------------------------------------------------------------------------------------------------------- writing

-- Names that are not known are left out.
local function numbers(list, registry, format)
  local out = {}
  for _, name in ipairs(list) do
    local value = registry and registry[name] or name
    out[#out + 1] = (registry == nil or type(value) == "number") and format:pack(value) or nil
  end
  return table.concat(out)
end

--- The data of extensions, from what is readable.
M.EXTENSION_HELPERS = {
  server_name = function(name)
    return (">s2"):pack("\0" .. (">s2"):pack(name))
  end,
  max_fragment_length = function(exponent)
    return string.char(exponent - 8)
  end,
  elliptic_curves = function(names)
    return (">s2"):pack(numbers(names, M.ELLIPTIC_CURVES, ">I2"))
  end,
  ec_point_formats = function(names)
    return ("s1"):pack(numbers(names, M.EC_POINT_FORMATS, "B"))
  end,
  signature_algorithms = function(pairs_of_names)
    local out = {}
    for i, pair in ipairs(pairs_of_names) do
      out[i] = string.char(M.HashAlgorithms[pair[1]] or pair[1], M.SignatureAlgorithms[pair[2]] or pair[2])
    end
    return (">s2"):pack(table.concat(out))
  end,
  application_layer_protocol_negotiation = function(names)
    return (">s2"):pack(numbers(names, nil, "s1"))
  end,
  supported_versions = function(names)
    return ("s1"):pack(numbers(names, M.PROTOCOLS, ">I2"))
  end,
  next_protocol_negotiation = tostring,
  ["SessionTicket TLS"] = tostring,
}

--- A record.
function M.record_write(kind, protocol, body)
  return (">BI2s2"):pack(M.TLS_CONTENTTYPE_REGISTRY[kind], M.PROTOCOLS[protocol], body)
end

-- Those of RSA-PSS and Edwards curves have no names in the two registries above.
local SIGNATURES = { 0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201, 0x0202 }
-- The first is the one of which a key is shared.
local CURVES_OF_13 = { "ecdh_x25519", "secp256r1", "secp384r1", "secp521r1", "ffdhe2048" }

-- What a hello needs besides what was asked for: suites with curves are not chosen of a client that names none.
local function extensions_of(t, modern)
  local extensions = {}
  for name, data in pairs(t.extensions or {}) do
    extensions[name] = data
  end
  extensions.elliptic_curves = extensions.elliptic_curves or M.EXTENSION_HELPERS.elliptic_curves(modern and CURVES_OF_13 or M.DEFAULT_ELLIPTIC_CURVES)
  extensions.ec_point_formats = extensions.ec_point_formats or M.EXTENSION_HELPERS.ec_point_formats { "uncompressed" }
  if modern then
    extensions.supported_versions = extensions.supported_versions or M.EXTENSION_HELPERS.supported_versions { "TLSv1.3" }
    extensions.psk_key_exchange_modes = extensions.psk_key_exchange_modes or "\1\1"
    -- Any 32 bytes are a public key of x25519; the secret behind it is not needed, as nothing is ever decrypted.
    extensions.key_share = extensions.key_share or (">s2"):pack((">I2s2"):pack(M.ELLIPTIC_CURVES.ecdh_x25519, nmap.get_random_bytes(32)))
  end
  if (M.PROTOCOLS[t.protocol] or 0) >= M.PROTOCOLS["TLSv1.2"] and not extensions.signature_algorithms then
    extensions.signature_algorithms = (">s2"):pack(numbers(SIGNATURES, nil, ">I2"))
  end
  return extensions
end

local function packed(extensions)
  local list = {}
  for name, data in pairs(extensions) do
    list[#list + 1] = { M.EXTENSIONS[name] or name, data }
  end
  table.sort(list, function(a, b)
    return a[1] < b[1]
  end)
  for i, pair in ipairs(list) do
    list[i] = (">I2s2"):pack(pair[1], pair[2])
  end
  return table.concat(list)
end

--- A ClientHello in its record. Fields: protocol, record_protocol, ciphers (names or numbers, or bytes), compressors (names), session_id, client_random,
-- extensions ({name or number = data}).
function M.client_hello(t)
  t = t or {}
  local protocol = t.protocol or "TLSv1.2"
  local modern = protocol == "TLSv1.3" or (t.extensions or {}).supported_versions ~= nil and M.PROTOCOLS[protocol] >= M.PROTOCOLS["TLSv1.2"]
  local body = (">I2"):pack(math.min(M.PROTOCOLS[protocol], M.PROTOCOLS["TLSv1.2"])) .. (t.client_random or nmap.get_random_bytes(32))
  body = body .. ("s1"):pack(t.session_id or modern and nmap.get_random_bytes(32) or "")
  local ciphers = type(t.ciphers) == "string" and t.ciphers or numbers(t.ciphers or M.DEFAULT_CIPHERS, M.CIPHERS, ">I2")
  body = body .. (">s2"):pack(ciphers) .. ("s1"):pack(numbers(t.compressors or { "NULL" }, M.COMPRESSORS, "B"))
  if protocol ~= "SSLv3" or t.extensions and next(t.extensions) then
    body = body .. (">s2"):pack(packed(extensions_of({ protocol = protocol, extensions = t.extensions }, modern)))
  end
  local message = string.char(M.TLS_HANDSHAKETYPE_REGISTRY.client_hello) .. (">s3"):pack(body)
  local outer = t.record_protocol or M.PROTOCOLS[protocol] > M.PROTOCOLS["TLSv1.0"] and "TLSv1.0" or protocol
  return M.record_write("handshake", outer, message)
end

-- -------------------------------------------------------------------------------------------------------------------------- reading

--- Bodies of handshake messages, by the message's name: a function of the bytes and the protocol.
M.handshake_parse = {}

function M.handshake_parse.server_hello(data)
  local c = cursor.new(data)
  local version = c:u16()
  local body = { protocol = PROTOCOL[version] or ("0x%04X"):format(version) }
  body.time = c:u32()
  body.random = c:bytes(28)
  body.session_id = c:counted8()
  local cipher, compressor = c:u16(), c:u8()
  if c.bad then
    return nil
  end
  body.cipher, body.compressor, body.extensions = suites.name[cipher] or ("0x%04X"):format(cipher), COMPRESSOR[compressor] or tostring(compressor), {}
  local list = c:left() >= 2 and c:part(c:u16()) or cursor.new ""
  while list:left() > 0 do
    local number = list:u16()
    body.extensions[EXTENSION[number] or number] = list:counted16()
  end
  local chosen = body.extensions.supported_versions
  if chosen and #chosen == 2 then
    body.protocol = PROTOCOL[(">I2"):unpack(chosen)] or body.protocol
  end
  return body
end

function M.handshake_parse.certificate(data)
  local c = cursor.new(data)
  local list, body = c:part(c:u24()), { certificates = {} }
  while list:left() > 0 and #body.certificates < 20 do
    local der = list:counted24()
    body.certificates[#body.certificates + 1] = not list.bad and der or nil
  end
  return body
end

function M.handshake_parse.NewSessionTicket(data)
  local c = cursor.new(data)
  local body = { ticket_lifetime_hint = c:u32(), ticket = c:counted16() }
  return not c.bad and body or nil
end

-- The messages of a record's body, and what is left of one that goes on in the next record.
local function messages(data)
  local list, at = {}, 1
  while #data - at + 1 >= 4 do
    local number, size = (">BI3"):unpack(data, at)
    if #data - at - 3 < size then
      break
    end
    local bytes, name = data:sub(at + 4, at + 3 + size), HANDSHAKE[number] or "unknown"
    local body = M.handshake_parse[name] and M.handshake_parse[name](bytes) or { data = bytes }
    body.type = name
    list[#list + 1] = body
    at = at + 4 + size
  end
  return list, at <= #data and data:sub(at) or nil
end

-- Is it a version of TLS (SSL 3 included)?
local function is_version(number)
  return number >> 8 == 3 and number & 0xff <= 4
end

--- May a record of one version (a name) answer a hello of another? Since 1.3 records say 1.2.
function M.record_version_ok(received, sent)
  return received == sent or sent == "TLSv1.3" and received == "TLSv1.2"
end

--- The record at a position of a text: the position behind it and {type =, protocol =, length =, body = {messages, or one alert}, fragment = (the beginning of
-- a message that goes on in the next record: to be given to the next call)}; the same position and nil if it is not all there, or none.
function M.record_read(buffer, i, fragment)
  i = i or 1
  if #buffer - i + 1 < 5 then
    return i, nil
  end
  local kind, version, size = (">BI2I2"):unpack(buffer, i)
  if not CONTENT[kind] or not is_version(version) or #buffer - i - 4 < size then
    return i, nil
  end
  local data = buffer:sub(i + 5, i + 4 + size)
  local record = { type = CONTENT[kind], protocol = PROTOCOL[version], length = size, body = {} }
  if record.type == "handshake" then
    record.body, record.fragment = messages((fragment or "") .. data)
  elseif record.type == "alert" and #data >= 2 then
    record.body[1] = { level = LEVEL[data:byte(1)] or tostring(data:byte(1)), description = ALERT[data:byte(2)] or tostring(data:byte(2)) }
  else
    record.body[1] = { data = data }
  end
  return i + 5 + size, record
end

local MOST_RECORD = 18432 + 5

--- Receives until the record at a position is whole: true and the text; false, the text and why. What is no TLS is not waited for.
function M.record_buffer(socket, buffer, i)
  buffer, i = buffer or "", i or 1
  while true do
    local have = #buffer - i + 1
    if have >= 5 then
      local kind, version, size = (">BI2I2"):unpack(buffer, i)
      if have >= size + 5 or not CONTENT[kind] or not is_version(version) then
        return true, buffer
      elseif size + 5 > MOST_RECORD then
        return false, buffer, "a record beyond all measure"
      end
    end
    local ok, data = socket:receive()
    if not ok then
      return false, buffer, data
    end
    buffer = buffer .. data
  end
end

-- -------------------------------------------------------------------------------------------------------------------- what suites mean

--- How many bits an RSA key would need to be as strong: of "rsa", "dh", "dsa", "ec" (NIST SP 800-57, table 2).
function M.rsa_equiv(kind, bits)
  if kind == "rsa" or kind == "dh" or kind == "dsa" then
    return bits
  end
  local rows = { { 160, 1024 }, { 224, 2048 }, { 256, 3072 }, { 384, 7680 }, { 512, 15360 } }
  for i = #rows, 1, -1 do
    if bits >= rows[i][1] then
      return rows[i][2]
    end
  end
  return 512
end

-- How many bits a number in network order has.
local function bit_length(bytes)
  bytes = bytes:gsub("^%z+", "")
  local bits, first = #bytes * 8, bytes:byte() or 0
  while bits > 0 and first < 128 do
    first, bits = first << 1, bits - 1
  end
  return math.max(bits, 0)
end

-- The signature behind parameters.
local function signature(c, protocol)
  if c:left() == 0 then
    return nil
  end
  local told = {}
  if protocol == "TLSv1.2" then
    local hash, kind = c:u8(), c:u8()
    told.hash_algorithm, told.signature_algorithm = HASH[hash] or tostring(hash), SIGNATURE[kind] or tostring(kind)
  end
  told.signature = c:counted16()
  return not c.bad and told or nil
end

local function dh_params(data, protocol)
  local c = cursor.new(data)
  local p, g, y = c:counted16(), c:counted16(), c:counted16()
  return not c.bad and { type = "dh", strength = bit_length(p), dhparams = { p = p, g = g, y = y }, signature = signature(c, protocol) } or nil
end

local CURVE_BITS = { ecdh_x25519 = 253, ecdh_x448 = 446 }

local function ecdh_params(data, protocol)
  local c = cursor.new(data)
  local kind, params = c:u8(), {}
  local info = { type = "ec", ecdhparams = { curve_params = params } }
  if kind ~= 3 then
    params.ec_curve_type = kind == 1 and "explicit_prime" or kind == 2 and "explicit_char2" or tostring(kind)
    return info
  end
  local number = c:u16()
  params.ec_curve_type, params.curve = "namedcurve", CURVE[number] or tostring(number)
  info.ecdhparams.public = c:counted8()
  info.strength = CURVE_BITS[params.curve] or tonumber(params.curve:match "(%d%d%d)")
  info.signature = not c.bad and signature(c, protocol) or nil
  return not c.bad and info or nil
end

local function rsa_params(data, protocol)
  local c = cursor.new(data)
  local modulus, exponent = c:counted16(), c:counted16()
  return not c.bad and { type = "rsa", strength = bit_length(modulus), rsa = { modulus = modulus, exponent = exponent }, signature = signature(c, protocol) } or nil
end

--- Ways to agree on keys: pubkey (of the certificate), type ("dh", "ec"), pfs, anon, export (bits), server_key_exchange (reads that message).
M.KEX_ALGORITHMS = {
  NULL = { anon = true }, RSA = { pubkey = "rsa" }, RSA_EXPORT = { pubkey = "rsa", export = 512, server_key_exchange = rsa_params },
  RSA_EXPORT1024 = { pubkey = "rsa", export = 1024, server_key_exchange = rsa_params }, PSK = { pubkey = "psk" }, RSA_PSK = { pubkey = "rsa" },
  DH_RSA = { pubkey = "dh" }, DH_DSS = { pubkey = "dh" }, DH_RSA_EXPORT = { pubkey = "dh", export = 512 }, DH_DSS_EXPORT = { pubkey = "dh", export = 512 },
  ECDH_RSA = { pubkey = "ec" }, ECDH_ECDSA = { pubkey = "ec" },
}
for name, row in pairs { DHE_RSA = { "rsa" }, DHE_DSS = { "dsa" }, DHE_RSA_EXPORT = { "rsa", 512 }, DHE_DSS_EXPORT = { "dsa", 512 },
  DHE_DSS_EXPORT1024 = { "dsa", 1024 }, DH_anon = {}, DH_anon_EXPORT = { nil, 512 }, DHE_PSK = { "psk" } } do
  M.KEX_ALGORITHMS[name] = { pubkey = row[1], export = row[2], anon = row[1] == nil, type = "dh", pfs = true, server_key_exchange = dh_params }
end
for name, pubkey in pairs { ECDHE_RSA = "rsa", ECDHE_ECDSA = "ec", ECDHE_PSK = "psk", ECDH_anon = false } do
  M.KEX_ALGORITHMS[name] = { pubkey = pubkey or nil, anon = not pubkey, type = "ec", pfs = true, server_key_exchange = ecdh_params }
end
-- TLS 1.3 has them apart from the suite: the hello's key share tells the group.
M.KEX_ALGORITHMS.tls13 = { tls13ok = true, pfs = true, type = "ec", server_key_exchange = function(share)
  local curve = #share >= 2 and CURVE[(">I2"):unpack(share)]
  local finite = curve and curve:match "^ffdhe(%d+)$"
  if finite then
    return { type = "dh", strength = tonumber(finite) }
  end
  local params = { ec_curve_type = "namedcurve", curve = curve or "unknown" }
  return { type = "ec", strength = curve and (CURVE_BITS[curve] or tonumber(curve:match "(%d%d%d)")), ecdhparams = { curve_params = params } }
end }

local SIZE = { ["3DES"] = 112, DES = 56, DES40 = 40, RC4 = 128, RC2 = 128, IDEA = 128, SEED = 128, CHACHA20 = 256, NULL = 0, DES_40 = 40 }

--- What a suite's name tells: {kex =, cipher =, size = (bits), mode =, hash =, block_size =, tls13ok =, tls13only =}; nil for none.
function M.cipher_info(name)
  local kex, rest = name:match "^TLS_(.-)_WITH_(.+)$"
  if not kex then
    kex, rest = "tls13", name:match "^TLS_(.+)$"
  end
  local bulk, hash = (rest or ""):match "^(.+)_(%u+%d*)$"
  if not bulk then
    bulk, hash = rest, nil
  end
  if not bulk or not suites.number[name] then
    return nil
  end
  local info = { kex = kex, hash = hash, tls13ok = kex == "tls13" or nil, tls13only = kex == "tls13" or nil }
  -- CCM has no hash of its own in the name: "AES_128_CCM", "AES_128_CCM_8".
  if rest:find "_CCM" then
    bulk, info.hash = rest:gsub("_SHA%d+$", ""), rest:match "_(SHA%d+)$" or "SHA256"
  end
  info.cipher = bulk:match "^(%w+)"
  info.mode = bulk:match "_(CBC)" or bulk:match "_(GCM)" or bulk:match "_(CCM_8)$" or bulk:match "_(CCM)$" or bulk:match "_(POLY1305)$"
  info.size = tonumber(bulk:match "_(%d%d+)") or SIZE[info.cipher] or 0
  if info.cipher == "CHACHA20" then
    info.size = 256
  end
  if info.mode == "CBC" then
    info.block_size = (info.cipher == "AES" or info.cipher == "CAMELLIA" or info.cipher == "ARIA" or info.cipher == "SEED") and 128 or 64
  end
  return info
end

return M
