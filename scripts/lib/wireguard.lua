-- wireguard: the first message of WireGuard's handshake and what answers it ("WireGuard: Next Generation Kernel Network Tunnel", section 5.4).
-- SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"
local nmap = require "nmap"
local openssl = require "openssl"

local M = {}

local CONSTRUCTION, IDENTIFIER = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s", "WireGuard v1 zx2c4 Jason@zx2c4.com"
local INITIATION, RESPONSE, COOKIE = 1, 2, 3
local NO_NONCE, NO_MAC = ("\0"):rep(12), ("\0"):rep(16)

local function hash(text)
  return openssl.digest("BLAKE2s256", text)
end

local function hmac(key, text)
  return openssl.hmac("BLAKE2s256", key, text)
end

-- The first two keys that are derived (HKDF, RFC 5869).
local function derive(chain, input)
  local secret = hmac(chain, input)
  local first = hmac(secret, "\1")
  return first, hmac(secret, first .. "\2")
end

-- The authenticator of a message for who holds this public key.
local function mac1(public, message)
  return openssl.mac("BLAKE2SMAC", hash("mac1----" .. public), message, 16)
end

-- TAI64N. A peer takes only what is later than all that it has seen of a key.
local function timestamp()
  local now = nmap.clock()
  local seconds = math.floor(now)
  return (">I8I4"):pack(0x400000000000000A + seconds, math.floor((now - seconds) * 1e9))
end

--- A first message to the holder of a public key, from the holder of a private one: {bytes =, index =, public = (ours)}.
function M.initiation(responder, private)
  local index = ("<I4"):unpack(nmap.get_random_bytes(4))
  local ephemeral = nmap.get_random_bytes(32)
  local public, seen = openssl.x25519(private), openssl.x25519(ephemeral)
  local chain, key = hash(CONSTRUCTION), nil
  local transcript = hash(hash(chain .. IDENTIFIER) .. responder)
  chain = derive(chain, seen)
  transcript = hash(transcript .. seen)
  chain, key = derive(chain, openssl.x25519(ephemeral, responder))
  local static = openssl.seal("ChaCha20-Poly1305", key, NO_NONCE, public, transcript)
  transcript = hash(transcript .. static)
  chain, key = derive(chain, openssl.x25519(private, responder))
  local time = openssl.seal("ChaCha20-Poly1305", key, NO_NONCE, timestamp(), transcript)
  local bytes = ("<I4I4"):pack(INITIATION, index) .. seen .. static .. time
  return { bytes = bytes .. mac1(responder, bytes) .. NO_MAC, index = index, public = public }
end

--- What a datagram says of a first message: "response" (the peer knows our key: it has read the message, which only the holder of its private
-- key can), "cookie" (it is under load, and has found the message to be meant for its key); nil: it is no answer.
function M.answer(data, sent)
  local c = cursor.new(data)
  local kind = c:le32()
  if kind == RESPONSE and #data == 92 then
    c:skip(4)
    return c:le32() == sent.index and data:sub(61, 76) == mac1(sent.public, data:sub(1, 60)) and "response" or nil
  elseif kind == COOKIE and #data == 64 then
    return c:le32() == sent.index and "cookie" or nil
  end
end

return M
