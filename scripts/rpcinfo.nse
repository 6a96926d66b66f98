local naming = require "naming"
local nmap = require "nmap"
local rpc = require "rpc"
local tab = require "tab"

description = [[
Lists the ONC RPC programs that a host's port mapper knows, and names the ports on which they listen, where nothing else has.

One call (DUMP of version 2); none of the programs is called.
]]

---
-- @usage descry --script rpcinfo -p 111 HOST
--
-- @output
-- 111/tcp open rpcbind
-- | rpcinfo:
-- |   program version    port/proto  service
-- |   100000  2,3,4        111/tcp   rpcbind
-- |_  100003  3,4         2049/tcp   nfs

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "default", "discovery", "safe", "version" }

portrule = naming.rule { ports = { 111, 32771 }, services = { "rpcbind", "portmapper" }, protocol = { "tcp", "udp" }, more = true }

-- {program, protocol, port} with all versions, in order.
local function grouped(list)
  local groups, by = {}, {}
  for _, entry in ipairs(list) do
    local key = ("%d/%s/%d"):format(entry.program, entry.protocol, entry.port)
    local group = by[key]
    if not group then
      group = { program = entry.program, protocol = entry.protocol, port = entry.port, versions = {} }
      by[key] = group
      groups[#groups + 1] = group
    end
    group.versions[entry.version] = true
  end
  table.sort(groups, function(a, b)
    if a.program ~= b.program then
      return a.program < b.program
    elseif a.protocol ~= b.protocol then
      return a.protocol < b.protocol
    end
    return a.port < b.port
  end)
  return groups
end

local function versions_of(group)
  local list = {}
  for version in pairs(group.versions) do
    list[#list + 1] = version
  end
  table.sort(list)
  return list
end

local function range(list)
  return #list > 1 and ("%d-%d"):format(list[1], list[#list]) or tostring(list[1])
end

-- What the mapper says of another port is told there only if nobody knows better.
local function tell(host, group, name)
  local other = name and nmap.get_port_state(host, { number = group.port, protocol = group.protocol })
  if not other or other.state ~= "open" and other.state ~= "open|filtered" or (other.version or {}).service_dtype == "probed" then
    return
  end
  naming.tell(host, other, { name = name, version = range(versions_of(group)), extrainfo = ("RPC #%d"):format(group.program) })
end

action = function(host, port)
  local list = rpc.dump(host, port)
  if not list or #list == 0 then
    return nil
  end
  local rows, structured = tab.new(), {}
  tab.addrow(rows, "program", "version", "port/proto", "service")
  for _, group in ipairs(grouped(list)) do
    local name, versions = rpc.name(group.program), versions_of(group)
    tab.addrow(rows, group.program, table.concat(versions, ","), ("%5d/%s"):format(group.port, group.protocol), name or "")
    structured[#structured + 1] = { program = group.program, name = name, protocol = group.protocol, port = group.port, versions = versions }
    if group.port ~= port.number or group.protocol ~= port.protocol then
      tell(host, group, name)
    elseif name then
      naming.tell(host, port, { name = name, version = range(versions), extrainfo = ("RPC #%d"):format(group.program) })
    end
  end
  return structured, "\n  " .. tab.dump(rows):gsub("\n", "\n  ")
end
