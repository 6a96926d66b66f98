local naming = require "naming"
local stdnse = require "stdnse"
local vnc = require "vnc"

description = [[
Shows the version of a VNC server's protocol and the ways to log in that it offers. None is chosen: the connection ends there.

Some servers count a connection without login as a failed one, and refuse an address after several.
]]

---
-- @usage descry --script vnc-info -p 5900 HOST
--
-- @output
-- 5900/tcp open vnc
-- | vnc-info:
-- |   Protocol version: 3.8
-- |   Security types:
-- |_    VNC Authentication (2)

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "default", "discovery", "safe" }

portrule = naming.rule { ports = { 5900, 5901, 5902, 5903 }, services = { "vnc" }, more = true }

action = function(host, port)
  local told = vnc.greeting(host, port)
  if not told then
    return nil
  end
  local out, names, open = stdnse.output_table(), {}, false
  for i, kind in ipairs(told.security) do
    names[i] = ("%s (%d)"):format(vnc.SECURITY[kind] or "unknown", kind)
    open = open or kind == 1
  end
  out["Protocol version"] = told.version
  out["Security types"] = #names > 0 and names or nil
  out.refusal = told.refusal
  out.warning = open and "no login is needed" or nil
  naming.tell(host, port, { name = "vnc", extrainfo = "protocol " .. told.version })
  return out
end
