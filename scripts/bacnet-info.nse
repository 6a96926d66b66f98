local bacnet = require "bacnet"
local naming = require "naming"
local stdnse = require "stdnse"

description = [[
Shows what a BACnet/IP device says of itself: name, vendor, model, firmware, application, place.

Eight properties of the device object are read, one after another; nothing is written. The first silence ends it.
]]

---
-- @usage descry -sU -p 47808 --script bacnet-info HOST
--
-- @output
-- 47808/udp open bacnet
-- | bacnet-info:
-- |   object-name: AHU-1
-- |   vendor-name: Example Controls
-- |   model-name: EC-100
-- |_  firmware-revision: 3.2

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "discovery", "safe", "version" }

portrule = naming.rule { ports = { 47808 }, services = { "bacnet" }, protocol = "udp", more = true }

action = function(host, port)
  local found = bacnet.device(host, port)
  if not found then
    return nil
  end
  local out, any = stdnse.output_table(), false
  for _, row in ipairs(bacnet.PROPERTY) do
    local value = found[row[2]]
    if value ~= nil and value ~= "" then
      out[row[2]] = value
      any = true
    end
  end
  local model = found["model-name"]
  local product = type(model) == "string" and model ~= "" and ((found["vendor-name"] or "") .. " " .. model):gsub("^ ", "") or nil
  naming.tell(host, port, { name = "bacnet", product = product, version = product and found["firmware-revision"], devicetype = product and "specialized" })
  return any and out or nil
end
