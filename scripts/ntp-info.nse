local naming = require "naming"
local ntp = require "ntp"
local stdnse = require "stdnse"

description = [[
Shows what an NTP server tells of itself: its time, stratum and source, and, if it answers control messages (RFC 9327, mode 6), its version, system and further variables.

Two datagrams: a client's request and one read-variables request. No monitor list is asked for.
]]

---
-- @usage descry -sU -p 123 --script ntp-info HOST
--
-- @output
-- 123/udp open ntp
-- | ntp-info:
-- |   time: 2026-11-25T21:00:00
-- |   stratum: 2
-- |   reference: 192.0.2.1
-- |   version: ntpd 4.2.8p15@1.3728-o
-- |_  system: Linux/6.1.0

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "default", "discovery", "safe", "version" }

portrule = naming.rule { ports = { 123 }, services = { "ntp" }, protocol = "udp", more = true }

local SHOWN = { "version", "processor", "system", "leap", "precision", "rootdelay", "rootdisp", "peer", "refid" }

local function tell(host, port, variables)
  local facts = { name = "ntp" }
  local text = variables.version or ""
  local classic, sec = text:match "^ntpd (%d[%w%.-]*)", text:match "^ntpd ntpsec%-(%d[%w%.-]*)"
  if sec then
    facts.product, facts.version, facts.cpe = "NTPsec", sec, naming.cpe("a:ntpsec:ntpsec", sec)
  elseif classic then
    facts.product, facts.version, facts.cpe = "NTP", classic, naming.cpe("a:ntp:ntp", classic)
  end
  facts.ostype = (variables.system or ""):match "^(%a+)"
  naming.tell(host, port, facts)
end

action = function(host, port)
  local out = stdnse.output_table()
  local reply = ntp.time(host, port)
  if reply then
    out.time = stdnse.format_timestamp(reply.seconds)
    out.stratum = reply.stratum
    out.reference = reply.reference
  end
  local variables = ntp.variables(host, port)
  for _, name in ipairs(variables and SHOWN or {}) do
    out[name] = variables[name]
  end
  if not reply and not variables then
    return nil
  end
  tell(host, port, variables or {})
  return out
end
