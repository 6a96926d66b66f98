local naming = require "naming"
local redis = require "redis"
local stdnse = require "stdnse"

description = [[
Shows what a Redis server tells of itself to a client that has not logged in: version, system, role, memory, clients. A server that wants a password says only that.
]]

---
-- @usage descry --script redis-info -p 6379 HOST
--
-- @output
-- 6379/tcp open redis
-- | redis-info:
-- |   Version: 7.0.15
-- |   Operating System: Linux 6.1.0-18-amd64 x86_64
-- |   Mode: standalone
-- |_  Role: master

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "discovery", "safe", "version" }

portrule = naming.rule { ports = { 6379, 26379 }, services = { "redis" }, more = true }

-- The name of a line of INFO, and how it is shown.
local SHOWN = { { "redis_version", "Version" }, { "valkey_version", "Valkey version" }, { "os", "Operating System" }, { "arch_bits", "Architecture" }, { "redis_mode", "Mode" },
  { "process_id", "Process ID" }, { "used_cpu_sys", "Used CPU (sys)" }, { "used_cpu_user", "Used CPU (user)" }, { "uptime_in_seconds", "Uptime" },
  { "connected_clients", "Connected clients" }, { "connected_slaves", "Connected replicas" }, { "used_memory_human", "Used memory" }, { "role", "Role" } }

local function tell(host, port, info)
  local facts = { name = "redis", product = "Redis key-value store", version = info.redis_version, cpe = naming.cpe("a:redis:redis", info.redis_version) }
  if info.valkey_version then
    facts.product, facts.version, facts.cpe = "Valkey key-value store", info.valkey_version, nil
  end
  facts.ostype = (info.os or ""):match "^(%a+)"
  naming.tell(host, port, facts)
end

action = function(host, port)
  local info, refusal = redis.info(host, port)
  if not info then
    if refusal then
      naming.tell(host, port, { name = "redis" })
      return "login is required"
    end
    return nil
  end
  tell(host, port, info)
  local out = stdnse.output_table()
  for _, row in ipairs(SHOWN) do
    out[row[2]] = info[row[1]]
  end
  if out.Uptime then
    out.Uptime = stdnse.format_time(tonumber(out.Uptime) or 0)
  end
  return out
end
