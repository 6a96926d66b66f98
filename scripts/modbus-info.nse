local modbus = require "modbus"
local naming = require "naming"
local stdnse = require "stdnse"

description = [[
Shows what a Modbus device says of itself: vendor, product code, revision (function 43/14, read device identification).

One read request to one unit; no register is read, nothing is written. Controllers are fragile: this is not among the scripts that run by themselves unless version detection found Modbus.
]]

---
-- @usage descry --script modbus-info -p 502 HOST
--
-- @args modbus-info.unit  the unit to ask (default 255, the gateway itself; old devices want 1)
--
-- @output
-- 502/tcp open modbus
-- | modbus-info:
-- |   VendorName: Example Automation
-- |   ProductCode: EA-340
-- |_  MajorMinorRevision: v2.60

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "discovery", "safe", "version" }

-- By name alone: what only listens on port 502 is not asked unless this script is named with +.
portrule = naming.rule { services = { "modbus", "mbap" }, more = true }

action = function(host, port)
  local unit = tonumber((stdnse.get_script_args(SCRIPT_NAME .. ".unit"))) or 255
  local answer = modbus.identify(host, port, unit & 255)
  if not answer then
    return nil
  end
  if answer.exception then
    naming.tell(host, port, { name = "modbus" })
    return ("exception %d: the device does not identify itself"):format(answer.exception)
  end
  local out, any = stdnse.output_table(), false
  for number = 0, 6 do
    local text = answer.objects[number]
    if text and text ~= "" then
      out[modbus.OBJECT[number]] = text
      any = true
    end
  end
  local vendor, product = answer.objects[0], answer.objects[1]
  naming.tell(host, port, { name = "modbus", product = vendor and (vendor .. " " .. (product or "")):gsub("%s+$", ""), version = vendor and answer.objects[2] })
  return any and out or nil
end
