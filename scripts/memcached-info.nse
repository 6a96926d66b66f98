local naming = require "naming"
local stdnse = require "stdnse"
local stream = require "stream"

description = [[
Shows what memcached tells of itself: version, how long it runs, connections and sizes. One command, `stats`, which changes nothing.
]]

---
-- @usage descry --script memcached-info -p 11211 HOST
--
-- @output
-- 11211/tcp open memcached
-- | memcached-info:
-- |   Process ID: 1234
-- |   Uptime: 1h02m03s
-- |   Version: 1.6.18
-- |_  Current connections: 2

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "discovery", "safe", "version" }

portrule = naming.rule { ports = { 11211 }, services = { "memcached", "memcache" }, more = true }

local SHOWN = { { "pid", "Process ID" }, { "uptime", "Uptime" }, { "time", "Server time" }, { "version", "Version" }, { "pointer_size", "Architecture" },
  { "max_connections", "Maximum connections" }, { "curr_connections", "Current connections" }, { "total_connections", "Total connections" }, { "curr_items", "Items" },
  { "bytes", "Bytes" }, { "limit_maxbytes", "Maximum bytes" } }

local MOST_LINES = 200

-- The lines "STAT name value" up to END.
local function stats(host, port)
  local s = stream.open(host, port)
  if not s then
    return nil
  end
  local found, whole = {}, false
  if s:send "stats\r\n" then
    for _ = 1, MOST_LINES do
      local line = s:line()
      if not line or line == "END" then
        whole = line ~= nil
        break
      end
      local name, value = line:match "^STAT ([%w_]+) (.*)$"
      if not name then
        break
      end
      found[name] = value
    end
  end
  s:close()
  return whole and found.version and found or nil
end

action = function(host, port)
  local found = stats(host, port)
  if not found then
    return nil
  end
  local out = stdnse.output_table()
  for _, row in ipairs(SHOWN) do
    out[row[2]] = found[row[1]]
  end
  out.Uptime = out.Uptime and stdnse.format_time(tonumber(out.Uptime) or 0)
  out["Server time"] = out["Server time"] and tonumber(out["Server time"]) and stdnse.format_timestamp(tonumber(out["Server time"]) % 0x100000000) or nil
  out.Architecture = out.Architecture and out.Architecture .. " bit"
  local version = found.version:match "^%d[%w%.+-]*"
  naming.tell(host, port, { name = "memcached", product = "Memcached", version = version, cpe = naming.cpe("a:memcached:memcached", version) })
  return out
end
