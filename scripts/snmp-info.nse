local naming = require "naming"
local snmp = require "snmp"
local stdnse = require "stdnse"

description = [[
Tells what an SNMP agent says of itself: as v3 its engine id, boots and time, which it tells everybody (RFC 3414, section 4); with v2c or v1 the system's description.

The engine is asked first, with one datagram. Of communities only `public` is tried unless snmp.communities names others.
]]

---
-- @usage descry -sU -sV -p 161 HOST
-- @usage descry -sU -p 161 --script snmp-info --script-args 'snmp.communities={private,monitor}' HOST
--
-- @args snmp.communities  one community name or several, instead of public
-- @args snmp.version      v1 or v2c: only this is asked for the description
--
-- @output
-- 161/udp open snmp
-- | snmp-info:
-- |   enterprise: Net-SNMP (8072)
-- |   engineIDFormat: text
-- |   engineIDData: lab-agent
-- |   snmpEngineBoots: 3
-- |   snmpEngineTime: 1d02h03m04s
-- |_  sysDescr: Linux gw 6.1.0-18-amd64

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "default", "safe", "version" }

portrule = naming.rule { ports = { 161 }, services = { "snmp" }, protocol = "udp", more = true }

-- Products by the beginning of their description: product, version, CPE, operating system.
local PRODUCTS = {
  { "^Cisco IOS Software.-, Version ([%w.()]+)", "Cisco IOS", "o:cisco:ios", "IOS" },
  { "^Cisco NX%-OS.-, Version ([%w.()]+)", "Cisco NX-OS", "o:cisco:nx-os", "NX-OS" },
  { "^Juniper Networks, Inc%. .- kernel JUNOS ([%w.%-]+)", "Juniper JUNOS", "o:juniper:junos", "JUNOS" },
  { "^RouterOS ", "MikroTik RouterOS", "o:mikrotik:routeros", "RouterOS" },
  { "^Arista Networks EOS version ([%w.]+)", "Arista EOS", "o:arista:eos", "EOS" },
  { "^Hardware: .- Software: Windows Version ([%d.]+)", "Microsoft Windows SNMP service", "o:microsoft:windows", "Windows" },
  { "^Linux ", nil, "o:linux:linux_kernel", "Linux" },
  { "^FreeBSD ", nil, "o:freebsd:freebsd", "FreeBSD" },
  { "^VMware ESXi ([%d.]+)", "VMware ESXi", "o:vmware:esxi", "ESXi" },
  { "^HP ETHERNET MULTI%-ENVIRONMENT", "HP printer", nil, nil },
}

local function described(facts, text)
  for _, row in ipairs(PRODUCTS) do
    local version = text:match(row[1])
    if version then
      facts.ostype = row[4]
      facts.product = facts.product or row[2]
      if row[2] and facts.product == row[2] and version ~= text:match "^%S+ " and version:find "%d" then
        facts.version = version
      end
      facts.cpe[#facts.cpe + 1] = row[3] and "cpe:/" .. row[3]
      break
    end
  end
end

local function engine_part(out, facts, engine)
  local told = snmp.engine_id(engine.id)
  if told then
    out.enterprise = ("%s (%d)"):format(told.vendor or "unknown", told.enterprise)
    out.engineIDFormat = told.form
    out.engineIDData = told.data
    if told.enterprise == 8072 or told.enterprise == 2021 then
      facts.product = "net-snmp"
      facts.cpe[#facts.cpe + 1] = "cpe:/a:net-snmp:net-snmp"
    elseif told.vendor then
      facts.product = told.vendor .. " SNMPv3 server"
    end
  end
  if engine.boots and engine.time then
    out.snmpEngineBoots = engine.boots
    out.snmpEngineTime = stdnse.format_time(engine.time)
  end
  facts.extrainfo = "SNMPv3"
end

-- The system's description by the first community and version that the agent takes.
local function description_part(host, port)
  for _, community in ipairs(snmp.communities()) do
    for _, version in ipairs(snmp.versions()) do
      local values = snmp.get(host, port, version, community, { snmp.OID.sysDescr, snmp.OID.sysName })
      local text = values and values[snmp.OID.sysDescr]
      if type(text) == "string" then
        return text, values[snmp.OID.sysName], community, version
      end
    end
  end
end

action = function(host, port)
  local out, facts = stdnse.output_table(), { name = "snmp", cpe = {} }
  local engine = snmp.engine(host, port, 2)
  if engine then
    engine_part(out, facts, engine)
  end
  local text, name, community, version = description_part(host, port)
  if text then
    out.sysDescr = text
    facts.hostname = type(name) == "string" and name ~= "" and name or nil
    facts.extrainfo = engine and "SNMPv3; " .. community or (version == 0 and "SNMPv1; " or "SNMPv2c; ") .. community
    described(facts, text)
  end
  if not engine and not text then
    return nil
  end
  naming.tell(host, port, facts)
  return out
end
