local datagram = require "datagram"
local iax2 = require "iax2"
local naming = require "naming"

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
  if datagram.ask(host, port, iax2.poke(), iax2.is_pong) then
    naming.tell(host, port, { name = "iax2" })
  end
  return nil
end
