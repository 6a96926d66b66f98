local base64 = require "base64"
local datagram = require "datagram"
local naming = require "naming"
local nmap = require "nmap"
local stdnse = require "stdnse"

description = [[
Finds a WireGuard peer, if its public key is known.

WireGuard answers nobody who does not know its public key, and then only a peer whose key it knows in turn: nothing can be told without one, and this
script does nothing. With wireguard.publickey it sends the first message of a handshake. From a key of our own that is made up it is answered only
while the peer is under load (by a cookie); with wireguard.privatekey, the key of a peer that is configured there, it is answered always. The answer
is proof of both keys. No session is used, but the peer takes us to be where that key is until it hears from its owner again: use one that is made for this.
]]

---
-- @usage descry -sU -sV -p 51820 --script-args 'wireguard.publickey="BASE64=",wireguard.privatekey="BASE64="' HOST
-- @usage descry -sU -p 4500 --script +wireguard-info --script-args wireguard.publickey=BASE64 HOST
--
-- @args wireguard.publickey   the peer's public key in base64 (with its = in quotes, or without), or a list of which one may be the peer's
-- @args wireguard.privatekey  the private key, in base64, of one of its peers
--
-- @output
-- 51820/udp open wireguard WireGuard
-- | wireguard-info:
-- |   public key: IxtjoDx/gPvjB0ZL2IZuXKBwDqFLkGuOX8E2WgLjJTU=
-- |_  answer: response

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "discovery", "intrusive", "version" }

portrule = naming.rule { ports = { 51820 }, services = { "wireguard" }, protocol = "udp", silent = true }

local MOST_KEYS = 20

-- The keys among a value or a list, as {text =, bytes =}.
local function keys_of(value)
  local keys = {}
  for _, text in ipairs(type(value) == "table" and value or { value }) do
    local padded = #text == 43 and text .. "=" or text
    local ok, bytes = pcall(base64.dec, padded)
    if ok and bytes and #bytes == 32 and #keys < MOST_KEYS then
      keys[#keys + 1] = { text = padded, bytes = bytes }
    else
      stdnse.verbose1("not a key: %s", text)
    end
  end
  return keys
end

-- Two tries, each a message of its own: a datagram may be lost, and one that was seen before is not taken.
local function ask(host, port, wireguard, public, private)
  local sent
  return datagram.ask(host, port, function()
    sent = wireguard.initiation(public, private)
    return sent.bytes
  end, function(data)
    return wireguard.answer(data, sent)
  end, { tries = 2, timeout = 1500 })
end

action = function(host, port)
  local publics, private = stdnse.get_script_args("wireguard.publickey", "wireguard.privatekey")
  if not publics then
    return nil
  end
  local wireguard = stdnse.silent_require "wireguard"
  private = keys_of(private)[1]
  for _, public in ipairs(keys_of(publics)) do
    local answer = ask(host, port, wireguard, public.bytes, private and private.bytes or nmap.get_random_bytes(32))
    if answer then
      naming.tell(host, port, { name = "wireguard", product = "WireGuard", cpe = "cpe:/a:wireguard:wireguard" })
      local out = stdnse.output_table()
      out["public key"] = public.text
      out.answer = answer
      return out
    end
  end
  return nil
end
