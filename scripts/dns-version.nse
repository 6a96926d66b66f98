local dns = require "dns"
local naming = require "naming"

description = [[
Names a DNS server by what it says of itself: version.bind, version.server and, of those that know neither, the name of the authors.

At most three questions of class CHAOS, each only if the one before told nothing. Runs only where version detection has found no product with a version.
]]

---
-- @usage descry -sV -p 53 HOST
--
-- @output
-- 53/udp open domain ISC BIND 9.18.33
-- | dns-version: 9.18.33-1~deb12u2-Debian (version.bind)

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "discovery", "safe", "version" }

portrule = naming.rule { ports = { 53, 853, 5353 }, services = { "domain", "domain-s" }, protocol = { "tcp", "udp" } }

-- What a version text tells: product, the pattern of its version, CPE.
local PRODUCTS = {
  { "^dnsmasq%-(%S+)", "dnsmasq", "a:thekelleys:dnsmasq" },
  { "^unbound (%S+)", "NLnet Labs Unbound", "a:nlnetlabs:unbound" },
  { "^NSD (%S+)", "NLnet Labs NSD", "a:nlnetlabs:nsd" },
  { "^PowerDNS Authoritative Server (%d[%w.-]*)", "PowerDNS Authoritative Server", "a:powerdns:authoritative_server" },
  { "^PowerDNS Recursor (%d[%w.-]*)", "PowerDNS Recursor", "a:powerdns:recursor" },
  { "^Knot DNS (%d[%w.-]*)", "Knot DNS", "a:nic:knot_dns" },
  { "^Knot Resolver (%d[%w.-]*)", "Knot Resolver", "a:nic:knot_resolver" },
  { "^Microsoft DNS (%d[%w.-]*)", "Microsoft DNS", "a:microsoft:dns" },
  { "^BIND (%d[%w.-]*)", "ISC BIND", "a:isc:bind" },
  { "^(9%.%d+%.%d+%-%S*Debian)$", "ISC BIND", "a:isc:bind" },
  { "^(9%.%d+%.%d+%-%S*Ubuntu)$", "ISC BIND", "a:isc:bind" },
  { "^(9%.%d+%.%d+)$", "ISC BIND", "a:isc:bind" },
  { "^(9%.%d+%.%d+%-[SPW]%d+)$", "ISC BIND", "a:isc:bind" },
}

local function tell(host, port, text)
  for _, row in ipairs(PRODUCTS) do
    local version = text:match(row[1])
    if version then
      naming.tell(host, port, { name = "domain", product = row[2], version = version, cpe = naming.cpe(row[3], version:match "^[%d.]+") })
      return
    end
  end
  naming.tell(host, port, { name = "domain", extrainfo = #text <= 60 and text or nil })
end

local QUESTIONS = { "version.bind", "version.server" }

action = function(host, port)
  local answered
  for _, name in ipairs(QUESTIONS) do
    local text, answer = dns.chaos(host, port, name)
    if text then
      tell(host, port, text)
      return ("%s (%s)"):format(text, name)
    end
    -- Who does not answer one question of this class is not asked another.
    if not answer then
      return nil
    end
    answered = answer
  end
  local authors = dns.chaos(host, port, "authors.bind")
  if authors then
    -- Only BIND knows its authors.
    naming.tell(host, port, { name = "domain", product = "ISC BIND", cpe = "cpe:/a:isc:bind" })
    return "ISC BIND (authors.bind)"
  end
  if answered then
    naming.tell(host, port, { name = "domain" })
  end
  return nil
end
