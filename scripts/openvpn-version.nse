local datagram = require "datagram"
local naming = require "naming"
local nmap = require "nmap"
local openvpn = require "openvpn"
local stream = require "stream"

description = [[
Finds an OpenVPN server by its answer to a client's first packet: it must repeat the session id that we chose.

A server that demands signed packets (tls-auth, tls-crypt) stays silent, and is not found.
]]

---
-- @usage descry -sU -sV -p 1194 HOST
--
-- @output
-- 1194/udp open openvpn OpenVPN

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "safe", "version" }

portrule = naming.rule { ports = { 1194, 1195 }, services = { "openvpn" }, protocol = { "tcp", "udp" } }

local function over_udp(host, port, session)
  return datagram.ask(host, port, openvpn.reset(session), function(data)
    return openvpn.answers(data, session) and data
  end)
end

-- Over tcp each packet has its length before it.
local function over_tcp(host, port, session)
  local s = stream.open(host, port)
  if not s then
    return nil
  end
  local header = s:ask((">s2"):pack(openvpn.reset(session)), 2)
  local size = header and (">I2"):unpack(header)
  local data = size and size >= 14 and size <= 200 and s:exactly(size)
  s:close()
  return data
end

action = function(host, port)
  local session = nmap.get_random_bytes(8)
  local ask = port.protocol == "udp" and over_udp or over_tcp
  local data = ask(host, port, session)
  if data and openvpn.answers(data, session) then
    naming.tell(host, port, { name = "openvpn", product = "OpenVPN", cpe = "cpe:/a:openvpn:openvpn" })
  end
  return nil
end
