local shortport = require "shortport"
local snmp = require "snmp"
local stdnse = require "stdnse"

description = [[
Shows the system group of an SNMP agent: description, name, place, object identifier and how long it has been up.

Asked with the community `public`, unless snmp.communities names others; with v2c, then v1.
]]

---
-- @usage descry -sU -p 161 --script snmp-sysdescr HOST
--
-- @args snmp.communities  one community name or several, instead of public
-- @args snmp.version      v1 or v2c: only this is asked
--
-- @output
-- 161/udp open snmp
-- | snmp-sysdescr:
-- |   sysDescr: Linux gw 6.1.0-18-amd64
-- |   sysName: gw.example
-- |   sysObjectID: 1.3.6.1.4.1.8072.3.2.10 (Net-SNMP)
-- |_  uptime: 4d05h06m07s

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "default", "discovery", "safe" }

portrule = shortport.port_or_service(161, "snmp", "udp")

local ASKED = { snmp.OID.sysDescr, snmp.OID.sysObjectID, snmp.OID.sysUpTime, snmp.OID.sysName, snmp.OID.sysLocation }

local function structure(values)
  local out = stdnse.output_table()
  out.sysDescr = values[snmp.OID.sysDescr]
  for _, name in ipairs { "sysName", "sysLocation" } do
    if values[snmp.OID[name]] ~= "" then
      out[name] = values[snmp.OID[name]]
    end
  end
  local id = values[snmp.OID.sysObjectID]
  if type(id) == "string" then
    local number = tonumber(id:match "^1%.3%.6%.1%.4%.1%.(%d+)")
    out.sysObjectID = id .. (snmp.ENTERPRISE[number] and " (" .. snmp.ENTERPRISE[number] .. ")" or "")
  end
  local ticks = values[snmp.OID.sysUpTime]
  if type(ticks) == "number" then
    out.uptime = stdnse.format_time(ticks / 100)
  end
  return out
end

action = function(host, port)
  for _, community in ipairs(snmp.communities()) do
    for _, version in ipairs(snmp.versions()) do
      local values = snmp.get(host, port, version, community, ASKED)
      if values and values[snmp.OID.sysDescr] then
        return structure(values)
      end
    end
  end
  return nil
end
