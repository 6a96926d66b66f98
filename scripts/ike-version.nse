local ike = require "ike"
local naming = require "naming"
local stdnse = require "stdnse"

description = [[
Finds an IKE service (IPsec's key exchange), its versions, and the product if its vendor ids name one.

One first message of version 2 and one of version 1; no exchange is finished.
]]

---
-- @usage descry -sU -sV -p 500 HOST
--
-- @output
-- 500/udp open isakmp strongSwan
-- | ike-version:
-- |   IKEv2: accepts a proposal
-- |   IKEv1: no proposal chosen
-- |   vendor ids:
-- |_    dead peer detection (RFC 3706)

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "default", "discovery", "safe", "version" }

portrule = naming.rule { ports = { 500, 4500 }, services = { "isakmp", "nat-t-ike", "ike" }, protocol = "udp", more = true }

local function verdict(answer)
  if answer.accepted then
    return "accepts a proposal"
  end
  return answer.notify and (ike.NOTIFY[answer.notify] or ("notification %d"):format(answer.notify)) or "answers"
end

action = function(host, port)
  local out, vendors, facts, any = stdnse.output_table(), {}, {}, false
  for _, row in ipairs { { "IKEv2", ike.sa_init }, { "IKEv1", ike.main_mode } } do
    local answer = ike.ask(host, port, row[2])
    if answer then
      any = true
      out[row[1]] = verdict(answer)
      for _, bytes in ipairs(answer.vendors) do
        local known = ike.vendor(bytes)
        local text = known and known[2] or (#bytes <= 40 and bytes:find "^[\32-\126]+$" and bytes or stdnse.tohex(bytes))
        vendors[text] = true
        if known and known[3] then
          facts.product = facts.product or known[3]
          facts.cpe = facts.cpe or known[4] and "cpe:/" .. known[4]
        end
      end
    end
  end
  if not any then
    return nil
  end
  local names = {}
  for text in pairs(vendors) do
    names[#names + 1] = text
  end
  table.sort(names)
  out["vendor ids"] = #names > 0 and names or nil
  facts.name = port.number == 4500 and "nat-t-ike" or "isakmp"
  naming.tell(host, port, facts)
  return out
end
