local nmap = require "nmap"
local shortport = require "shortport"
local snmp = require "snmp"
local stdnse = require "stdnse"

description = [[
Tries community names of SNMP v2c, one after the other, with a pause between them and an upper limit.

This guesses a password; it is for systems that you answer for. It never runs unless it is named or its category is.
]]

---
-- @usage descry -sU -p 161 --script snmp-brute HOST
--
-- @args snmp-brute.communities  a list of names instead of the built-in one
-- @args snmp-brute.limit        how many are tried at most (default 20, never more than 200)
-- @args snmp-brute.pause        the pause between two, in seconds (default 0.5, at least 0.1)
--
-- @output
-- 161/udp open snmp
-- | snmp-brute:
-- |_  public

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "brute", "intrusive" }

portrule = shortport.port_or_service(161, "snmp", "udp")

-- Names that agents are delivered with.
local COMMON = { "public", "private", "community", "snmp", "monitor", "read", "write", "manager", "admin", "default", "cisco", "router", "switch", "network", "security",
  "rmon", "test", "guest", "internal", "secret" }

-- A request for sysUpTime: the smallest answer there is.
local ASKED = "1.3.6.1.2.1.1.3.0"

action = function(host, port)
  local list, limit, pause = stdnse.get_script_args(SCRIPT_NAME .. ".communities", SCRIPT_NAME .. ".limit", SCRIPT_NAME .. ".pause")
  list = type(list) == "table" and list or list and { list } or COMMON
  limit = math.min(200, tonumber(limit) or 20)
  pause = math.max(0.1, tonumber(pause) or 0.5)
  local socket = nmap.new_socket "udp"
  socket:set_timeout(pause * 1000)
  if not socket:connect(host, port, "udp") then
    return nil
  end
  local found, asked = {}, {}
  local function hear()
    local ok, data = socket:receive()
    local message = ok and snmp.decode(data)
    local name = message and message.pdu and asked[message.pdu.id]
    if name then
      asked[message.pdu.id] = nil
      found[#found + 1] = name
    end
    return ok
  end
  for i = 1, math.min(limit, #list) do
    local id = 1000 + i
    asked[id] = list[i]
    if not socket:send(snmp.request("get", snmp.VERSION.v2c, list[i], id, { ASKED })) then
      break
    end
    -- The wait for an answer is the pause; an early answer does not shorten it.
    if hear() then
      stdnse.sleep(pause)
    end
  end
  hear()
  socket:close()
  return #found > 0 and found or nil
end
