local shortport = require "shortport"
local smb = require "smb"
local stdnse = require "stdnse"

description = [[
Tells which versions of SMB a server takes, whether it demands signatures, its time and its identifier.

Each dialect is negotiated on a connection of its own (six at most) and left at once. Nobody logs in.
]]

---
-- @usage descry --script smb-protocols -p 445 HOST
--
-- @output
-- 445/tcp open microsoft-ds
-- | smb-protocols:
-- |   dialects:
-- |     2.1
-- |     3.1.1
-- |   signing: enabled, not required
-- |   time: 2026-11-25T21:00:00
-- |_  guid: 64656372-7900-0000-0000-000000000000

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "discovery", "safe" }

portrule = shortport.port_or_service({ 445, 139 }, { "microsoft-ds", "netbios-ssn", "smb" })

-- A GUID is written with its first three parts in little endian.
local function guid(bytes)
  local a, b, c = ("<I4I2I2"):unpack(bytes)
  return ("%08x-%04x-%04x-%s-%s"):format(a, b, c, stdnse.tohex(bytes:sub(9, 10)), stdnse.tohex(bytes:sub(11)))
end

action = function(host, port)
  local dialects, last = {}, nil
  local answer, why = smb.negotiate(host, port, smb.negotiate1())
  if why == "connect" then
    return nil
  end
  if answer and answer.smb1 then
    dialects[1] = "NT LM 0.12 (SMB 1)"
  end
  for _, row in ipairs(smb.DIALECTS) do
    answer, why = smb.negotiate(host, port, smb.negotiate2 { row[1] })
    if why == "connect" then
      break
    end
    if answer and answer.dialect == row[1] then
      dialects[#dialects + 1] = row[2]
      last = answer
    end
  end
  if #dialects == 0 then
    return nil
  end
  local out = stdnse.output_table()
  out.dialects = dialects
  if last then
    out.signing = last.signing & 2 ~= 0 and "required" or last.signing & 1 ~= 0 and "enabled, not required" or "disabled"
    local now, start = smb.seconds(last.time), smb.seconds(last.start)
    out.time = now and stdnse.format_timestamp(now)
    out.start = start and stdnse.format_timestamp(start)
    out.guid = guid(last.guid)
  end
  return out
end
