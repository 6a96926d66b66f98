-- ssh2: the beginning of an SSH connection, up to the server's host key (RFC 4253, 4419, 5656, 8731). SPDX-License-Identifier: BSD-2-Clause
--
-- The key exchange is begun, never ended: no secret is made, nobody logs in.
local base64 = require "base64"
local cursor = require "cursor"
local nmap = require "nmap"
local stream = require "stream"

local M = {}

local KEXINIT, KEX_INIT, KEX_REPLY, DISCONNECT, IGNORE, DEBUG = 20, 30, 31, 1, 2, 4
local OUR_NAME = "SSH-2.0-descry"
local MAX_PACKET = 35000 -- RFC 4253, section 6.1

M.LISTS = { "kex_algorithms", "server_host_key_algorithms", "encryption_algorithms_client_to_server", "encryption_algorithms_server_to_client",
  "mac_algorithms_client_to_server", "mac_algorithms_server_to_client", "compression_algorithms_client_to_server", "compression_algorithms_server_to_client",
  "languages_client_to_server", "languages_server_to_client" }

-- -------------------------------------------------------------------------------------------------------------------------- packets

--- A packet in clear text: padding makes its length a multiple of 8 (RFC 4253, section 6).
function M.packet(payload)
  local padding = 8 - (#payload + 5) % 8
  if padding < 4 then
    padding = padding + 8
  end
  return (">I4B"):pack(#payload + padding + 1, padding) .. payload .. ("\0"):rep(padding)
end

-- The payload of the next packet that means something; nil if none comes.
local function read_packet(s)
  for _ = 1, 4 do
    local header = s:exactly(5)
    if not header then
      return nil
    end
    local size, padding = (">I4B"):unpack(header)
    if size > MAX_PACKET or size < padding + 2 then
      return nil
    end
    local body = s:exactly(size - 1)
    if not body then
      return nil
    end
    local payload = body:sub(1, size - 1 - padding)
    local kind = payload:byte(1)
    if kind ~= IGNORE and kind ~= DEBUG then
      return kind ~= DISCONNECT and payload or nil
    end
  end
end

local CIPHERS = "aes128-ctr,aes256-ctr,aes128-gcm@openssh.com,chacha20-poly1305@openssh.com,aes128-cbc,aes256-cbc,3des-cbc"
local MACS = "hmac-sha2-256,hmac-sha2-512,hmac-sha1,hmac-sha2-256-etm@openssh.com,hmac-md5"

--- Our KEXINIT with the key exchanges and host key algorithms that we would take.
function M.kexinit(kex, hostkeys)
  local lists = { kex, hostkeys, CIPHERS, CIPHERS, MACS, MACS, "none", "none", "", "" }
  local body = { string.char(KEXINIT), nmap.get_random_bytes(16) }
  for _, list in ipairs(lists) do
    body[#body + 1] = (">s4"):pack(list)
  end
  return table.concat(body) .. "\0\0\0\0\0"
end

--- The lists of a KEXINIT by name, each an array; nil if it is none.
function M.parse_kexinit(payload)
  local c = cursor.new(payload)
  if c:u8() ~= KEXINIT then
    return nil
  end
  c:skip(16)
  local init = {}
  for _, name in ipairs(M.LISTS) do
    local list = {}
    for word in c:counted32():gmatch("[^,]+") do
      list[#list + 1] = word
    end
    init[name] = list
  end
  return not c.bad and init or nil
end

-- ------------------------------------------------------------------------------------------------------------------- conversations

--- Connects and exchanges names: the stream and the server's identification line; nil and why.
function M.connect(host, port)
  local s, why = stream.open(host, port)
  if not s then
    return nil, why
  end
  -- RFC 4253, section 4.2: other lines may come first.
  for _ = 1, 20 do
    local line = s:line(1024)
    if not line then
      break
    end
    if line:find "^SSH%-2%.0%-" or line:find "^SSH%-1%.99%-" then
      if s:send(OUR_NAME .. "\r\n") then
        return s, line
      end
      break
    elseif line:find "^SSH%-" then
      break
    end
  end
  s:close()
  return nil, "no SSH 2"
end

--- The server's lists of algorithms; nil if they do not come.
function M.algorithms(host, port)
  local s = M.connect(host, port)
  if not s then
    return nil
  end
  local payload = read_packet(s)
  s:close()
  return payload and M.parse_kexinit(payload)
end

-- The first of ours that the server has, too.
local function agree(ours, theirs)
  for _, name in ipairs(ours) do
    for _, other in ipairs(theirs) do
      if name == other then
        return name
      end
    end
  end
end

-- The generator of each curve is a point on it: the simplest public key there is (SEC 2, section 2).
local GENERATOR = {
  ["ecdh-sha2-nistp256"] = "\4\x6B\x17\xD1\xF2\xE1\x2C\x42\x47\xF8\xBC\xE6\xE5\x63\xA4\x40\xF2\x77\x03\x7D\x81\x2D\xEB\x33\xA0\xF4\xA1\x39\x45\xD8\x98\xC2\x96" ..
    "\x4F\xE3\x42\xE2\xFE\x1A\x7F\x9B\x8E\xE7\xEB\x4A\x7C\x0F\x9E\x16\x2B\xCE\x33\x57\x6B\x31\x5E\xCE\xCB\xB6\x40\x68\x37\xBF\x51\xF5",
}

-- Our side of the exchange: for X25519 any 32 bytes, for Diffie-Hellman any large number.
local function first_message(kex)
  if kex:find "^curve25519" then
    return string.char(KEX_INIT) .. (">s4"):pack(nmap.get_random_bytes(32))
  elseif GENERATOR[kex] then
    return string.char(KEX_INIT) .. (">s4"):pack(GENERATOR[kex])
  elseif kex:find "^diffie%-hellman%-group%d+" then
    return string.char(KEX_INIT) .. (">s4"):pack("\1" .. nmap.get_random_bytes(120))
  end
end

local OFFERED = { "curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256", "diffie-hellman-group14-sha256", "diffie-hellman-group14-sha1",
  "diffie-hellman-group16-sha512", "diffie-hellman-group1-sha1" }

--- The host key of one algorithm, as the bytes of RFC 4253, section 6.6; nil if the server has none, or no exchange of ours.
function M.host_key(host, port, algorithm)
  local s = M.connect(host, port)
  if not s then
    return nil
  end
  local key
  local payload = read_packet(s)
  local init = payload and M.parse_kexinit(payload)
  local kex = init and agree(OFFERED, init.kex_algorithms)
  if kex and s:send(M.packet(M.kexinit(kex, algorithm)) .. M.packet(first_message(kex))) then
    local reply = read_packet(s)
    if reply and reply:byte(1) == KEX_REPLY then
      local c = cursor.new(reply:sub(2))
      key = c:counted32()
      if c.bad or #key == 0 then
        key = nil
      end
    end
  end
  s:close()
  return key
end

-- A kind of key by the name of its signature: one RSA key serves three (RFC 8332).
local SIGNATURES = { ["ssh-rsa"] = { "rsa-sha2-512", "rsa-sha2-256", "ssh-rsa" } }
local SHORT = { ["ssh-rsa"] = "RSA", ["ssh-dss"] = "DSA", ["ssh-ed25519"] = "ED25519", ["ssh-ed448"] = "ED448" }

--- The host key of a kind ("ssh-rsa"), in the field's form: {key = (base64), key_type =, fp_input = (its bytes), bits =, full_key =, algorithm = "RSA",
-- fingerprint = (MD5), fp_sha256 =}; nil if the server has none.
function M.fetch_host_key(host, port, kind)
  local openssl = require "openssl" -- which a build may be without
  for _, name in ipairs(SIGNATURES[kind] or { kind }) do
    local bytes = M.host_key(host, port, name)
    local told = bytes and M.parse_key(bytes)
    if told and told.type == kind then
      local key = base64.enc(bytes)
      return { key = key, key_type = kind, fp_input = bytes, bits = told.bits, full_key = kind .. " " .. key, algorithm = SHORT[kind] or kind:find "^ecdsa" and "ECDSA" or kind,
        fingerprint = openssl.md5(bytes), fp_sha256 = openssl.digest("sha256", bytes) }
    end
  end
end

local CURVE_BITS = { nistp256 = 256, nistp384 = 384, nistp521 = 521 }

local function bits_of(number)
  number = number:gsub("^\0+", "")
  if #number == 0 then
    return 0
  end
  local bits, first = (#number - 1) * 8, number:byte(1)
  while first > 0 do
    bits, first = bits + 1, first >> 1
  end
  return bits
end

--- What a host key tells: {type=, bits=}; nil if it cannot be read.
function M.parse_key(key)
  local c = cursor.new(key)
  local kind = c:counted32()
  local bits
  if kind == "ssh-rsa" then
    c:counted32()
    bits = bits_of(c:counted32())
  elseif kind == "ssh-dss" then
    bits = bits_of(c:counted32())
  elseif kind:find "^ecdsa%-sha2%-" then
    bits = CURVE_BITS[c:counted32()]
  elseif kind == "ssh-ed25519" then
    bits = 256
  elseif kind == "ssh-ed448" then
    bits = 448
  end
  if c.bad or not kind:find "^[%w@.%-]+$" then
    return nil
  end
  return { type = kind, bits = bits }
end

return M
