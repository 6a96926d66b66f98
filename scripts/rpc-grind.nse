local naming = require "naming"
local rpc = require "rpc"
local shortport = require "shortport"
local stdnse = require "stdnse"

description = [[
Lists the ONC RPC programs that a port serves, by asking the port itself for each program that has a number (the grinder of version detection), not its port mapper.

Each call is procedure 0 of a version that nobody has: nothing is carried out, and the answer tells the versions that are there. What version
detection has already found out is shown and not asked again.
]]

---
-- @usage descry --script rpc-grind -p 111,2049 HOST
--
-- @args rpc-grind.ask   ask again, also where version detection has asked
-- @args rpc-grind.tier  1: the usual programs; 2: all with a name; 3: all (default)
--
-- @output
-- 2049/tcp open nfs 3-4 (RPC #100003)
-- | rpc-grind:
-- |   programs asked: 1943
-- |   programs:
-- |     nfs (100003) versions 3-4
-- |_    nfs_acl (100227) versions 3

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "discovery", "safe" }

local by_name = shortport.port_or_service({ 111, 2049 }, { "rpc", "rpcbind", "nfs", "mountd", "nlockmgr", "status" }, { "tcp", "udp" })

portrule = function(host, port)
  return (port.version or {}).rpc ~= nil or by_name(host, port)
end

local function line(found)
  local who = found.name or found.owner and "unnamed, of " .. found.owner or "unnamed"
  local text = ("%s (%d)"):format(who, found.program)
  if found.versions then
    text = text .. " version" .. (found.versions:find "%D" and "s " or " ") .. found.versions
  end
  return found.authentication and text .. ", demands authentication" or text
end

-- Who was not named by its reply is named by its first program.
local function tell(host, port, found)
  local first = found[1]
  if first and first.name then
    naming.tell(host, port, { name = first.name, version = first.versions, extrainfo = ("RPC #%d"):format(first.program) })
  elseif (port.version or {}).service_dtype ~= "probed" then
    naming.tell(host, port, { name = "rpc" })
  end
end

action = function(host, port)
  local found = (port.version or {}).rpc
  if not found or stdnse.get_script_args "rpc-grind.ask" then
    found = rpc.grind(host, port, { tier = tonumber((stdnse.get_script_args "rpc-grind.tier")) })
    if not found then
      return nil
    end
    tell(host, port, found)
  end
  local out, programs = stdnse.output_table(), {}
  for _, one in ipairs(found) do
    programs[#programs + 1] = line(one)
  end
  out["programs asked"] = found.asked
  if found.liar then
    out.remark = "claims every program: none is believed"
  elseif found.authentication then
    out.remark = "demands authentication before it tells anything"
  end
  out.programs = #programs > 0 and programs or nil
  return out
end
