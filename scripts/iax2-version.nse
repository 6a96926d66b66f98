local iax2 = require "iax2"
local naming = require "naming"
local nmap = require "nmap"
local stdnse = require "stdnse"

description = [[
Finds the telephony protocol IAX2 (RFC 5456) by a POKE, which a peer answers with a PONG without any call.
]]

---
-- @usage descry -sU -sV -p 4569 HOST
--
-- @output
-- 4569/udp open iax2

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "safe", "version" }

portrule = naming.rule { ports = { 4569 }, services = { "iax2", "iax" }, protocol = "udp" }

action = function(host, port)
  local socket = nmap.new_socket "udp"
  socket:set_timeout(stdnse.get_timeout(host, 3000))
  local found = false
  if socket:connect(host, port, "udp") and socket:send(iax2.poke()) then
    for _ = 1, 3 do
      local ok, data = socket:receive()
      found = ok and iax2.is_pong(data)
      if not ok or found then
        break
      end
    end
  end
  socket:close()
  if found then
    naming.tell(host, port, { name = "iax2" })
  end
  return nil
end
