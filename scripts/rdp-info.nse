local naming = require "naming"
local rdp = require "rdp"
local stdnse = require "stdnse"

description = [[
Tells which ways of security a remote desktop server takes: RDP's own, TLS, CredSSP (NLA).

Each is asked for in a connection of its own (three at most), which is closed after the answer. Nobody logs in.
]]

---
-- @usage descry --script rdp-info -p 3389 HOST
--
-- @output
-- 3389/tcp open ms-wbt-server
-- | rdp-info:
-- |   RDP: no (CredSSP is required)
-- |   TLS: no (CredSSP is required)
-- |_  CredSSP (NLA): yes

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "discovery", "safe" }

portrule = naming.rule { ports = { 3389 }, services = { "ms-wbt-server", "rdp" }, more = true }

local ASKED = { 0, 1, 2 }

action = function(host, port)
  local out, any = stdnse.output_table(), false
  for _, protocol in ipairs(ASKED) do
    -- CredSSP is asked for together with TLS, as clients do.
    local answer = rdp.negotiate(host, port, protocol == 2 and 3 or protocol)
    if not answer then
      break
    end
    any = true
    local name = rdp.PROTOCOL[protocol]
    if answer.failure then
      out[name] = ("no (%s)"):format(rdp.FAILURE[answer.failure] or answer.failure)
    elseif answer.selected == protocol then
      out[name] = "yes"
    else
      out[name] = ("no (%s instead)"):format(rdp.PROTOCOL[answer.selected] or answer.selected)
    end
  end
  if not any then
    return nil
  end
  naming.tell(host, port, { name = "ms-wbt-server" })
  return out
end
