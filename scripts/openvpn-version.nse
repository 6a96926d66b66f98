local naming = require "naming"
local nmap = require "nmap"
local openvpn = require "openvpn"
local stdnse = require "stdnse"
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
  local socket = nmap.new_socket "udp"
  socket:set_timeout(stdnse.get_timeout(host, 3000))
  local data
  if socket:connect(host, port, "udp") and socket:send(openvpn.reset(session)) then
    local ok
    ok, data = socket:receive()
    data = ok and data or nil
  end
  socket:close()
  return data
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
