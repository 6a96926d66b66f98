-- target: further targets that a script found. SPDX-License-Identifier: BSD-2-Clause
local nmap = require "nmap"
local stdnse = require "stdnse"

local M = {}

--- Has the user allowed it (script argument newtargets)?
M.ALLOW_NEW_TARGETS = stdnse.get_script_args "newtargets" ~= nil

local most = tonumber((stdnse.get_script_args "max-newtargets")) or 0

--- Adds addresses or names: true and how many were taken, or false and why not.
function M.add(...)
  if not M.ALLOW_NEW_TARGETS then
    return false, "new targets are not allowed (--script-args newtargets)"
  end
  local list = { ... }
  if most > 0 then
    local room = most - nmap.new_targets_num()
    if room <= 0 then
      return false, "max-newtargets is reached"
    end
    list = { table.unpack(list, 1, room) }
  end
  local count, why = nmap.add_targets(table.unpack(list))
  if count == 0 and #list > 0 then
    return false, why
  end
  return true, count
end

--- How many wait to be scanned.
function M.queue_size()
  return nmap.add_targets()
end

return M
