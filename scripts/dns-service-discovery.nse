local dnssd = require "dnssd"
local naming = require "naming"
local stdnse = require "stdnse"

description = [[
Lists the services that a host announces by multicast DNS (RFC 6762, DNS-SD of RFC 6763), asked directly and not by multicast.

The first question asks for the kinds of services; for each kind (at most twenty) one more asks for names, ports and texts.
]]

---
-- @usage descry -sU -p 5353 --script dns-service-discovery HOST
--
-- @output
-- 5353/udp open mdns
-- | dns-service-discovery:
-- |   22/tcp ssh
-- |     name: lab
-- |   9/tcp workstation
-- |_    name: lab [02:00:00:00:00:01]

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "default", "discovery", "safe" }

portrule = naming.rule { ports = { 5353 }, services = { "mdns", "zeroconf" }, protocol = "udp", more = true }

action = function(host, port)
  local all = dnssd.services(host, port)
  if not all then
    return nil
  end
  naming.tell(host, port, { name = "mdns", extrainfo = "DNS-based service discovery" })
  local out = stdnse.output_table()
  for _, entry in ipairs(all) do
    local title = entry.title
    -- Two services of a kind on one port are told apart by a number.
    local count = 2
    while out[title] do
      title = ("%s (%d)"):format(entry.title, count)
      count = count + 1
    end
    out[title] = entry.out
  end
  return #all > 0 and out or nil
end
