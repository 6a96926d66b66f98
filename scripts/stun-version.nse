local naming = require "naming"
local stdnse = require "stdnse"
local stun = require "stun"

description = [[
Names a STUN server by the SOFTWARE attribute of its response, and shows the address under which it sees us.
]]

---
-- @usage descry -sU -sV -p 3478 HOST
--
-- @output
-- 3478/udp open stun Coturn 4.6.1
-- | stun-version:
-- |   software: Coturn-4.6.1 'Gorst'
-- |_  mapped address: 198.51.100.7:40123

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "safe", "version" }

portrule = naming.rule { ports = { 3478, 5349 }, services = { "stun", "stuns", "turn" }, protocol = { "tcp", "udp" }, more = true }

action = function(host, port)
  local response = stun.bind(host, port)
  if not response then
    return nil
  end
  local out, facts = stdnse.output_table(), { name = "stun" }
  out.software = response.software
  if response.address then
    out["mapped address"] = ("%s:%d"):format(response.address, response.port)
  end
  out.error = response.error
  local product, version = (response.software or ""):match "^(%a[%w ._]-)[-/ ](%d[%w.-]*)"
  facts.product, facts.version = product or response.software and response.software:match "^%a[%w ._-]*$", version
  if product == "Coturn" then
    facts.cpe = naming.cpe("a:coturn_project:coturn", version)
  end
  naming.tell(host, port, facts)
  return out
end
