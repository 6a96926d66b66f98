local naming = require "naming"
local stdnse = require "stdnse"
local upnp = require "upnp"

description = [[
Shows what a UPnP device says of itself: the server line of its answer to a search, and its description: name, maker, model.

One search to the host alone, no multicast. The description is fetched only if it lies on the host itself.
]]

---
-- @usage descry -sU -p 1900 --script upnp-info HOST
--
-- @output
-- 1900/udp open upnp MiniUPnPd 2.2.1
-- | upnp-info:
-- |   server: Debian/11 UPnP/1.1 MiniUPnPd/2.2.1
-- |   location: http://192.0.2.1:5000/rootDesc.xml
-- |   name: gateway
-- |_  model: Example router

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "default", "discovery", "safe", "version" }

portrule = naming.rule { ports = { 1900 }, services = { "upnp" }, protocol = "udp", more = true }

-- Products among the words of a server line: their CPE.
local CPE = { MiniUPnPd = "a:miniupnp_project:miniupnpd", MiniDLNA = "a:readymedia_project:readymedia" }

-- "OS/version UPnP/1.0 product/version" (its order is set by the architecture, section 1.3.3).
local function parse_server(line)
  local before, rest = line:match "^(.-),? *UPnP/[%d.]+,? *(.*)$"
  local product, version = (rest or ""):match "^(%a[%w ._-]-)/([%w.]+)"
  return before and before:match "^%a[%w ._-]*", product, version
end

action = function(host, port)
  local fields = upnp.find(host, port)
  if not fields then
    return nil
  end
  local out = stdnse.output_table()
  out.server = fields.server
  out.location = fields.location
  local told = fields.location and upnp.description(host, fields.location) or {}
  out.name = told.friendlyName
  out.manufacturer = told.manufacturer
  out.model = told.modelName and (told.modelName .. " " .. (told.modelNumber or "")):gsub(" $", "")
  out.description = told.modelDescription
  local system, product, version = parse_server(fields.server or "")
  naming.tell(host, port, { name = "upnp", product = product, version = version, extrainfo = told.modelName, ostype = product and system,
    cpe = CPE[product] and naming.cpe(CPE[product], version) })
  return out
end
