local naming = require "naming"
local sip = require "sip"
local stdnse = require "stdnse"

description = [[
Asks a SIP server or phone for its abilities (OPTIONS) and shows them, and names it by its Server or User-Agent field.
]]

---
-- @usage descry -sU -p 5060 --script sip-options HOST
--
-- @output
-- 5060/udp open sip Asterisk PBX 18.20.0
-- | sip-options:
-- |   status: 200 OK
-- |   server: Asterisk PBX 18.20.0
-- |_  methods: OPTIONS, REGISTER, SUBSCRIBE, NOTIFY, INVITE, ACK, CANCEL, BYE

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "default", "discovery", "safe", "version" }

portrule = naming.rule { ports = { 5060, 5061 }, services = { "sip", "sip-tls" }, protocol = { "tcp", "udp" }, more = true }

-- "Asterisk PBX 18.20.0", "FPBX-16.0.40(18.9)", "kamailio (5.6.3 (x86_64/linux))": product and version.
local PRODUCTS = {
  { "^Asterisk PBX (%S+)", "Asterisk", "a:digium:asterisk" },
  { "^FPBX%-([%d.]+)", "FreePBX", "a:sangoma:freepbx" },
  { "^FreeSWITCH%-?mod_sofia/([%w.~-]+)", "FreeSWITCH", "a:freeswitch:freeswitch" },
  { "^[Kk]amailio %(([%w.-]+)", "Kamailio", "a:kamailio:kamailio" },
  { "^OpenSIPS %(([%w.-]+)", "OpenSIPS", "a:opensips:opensips" },
  { "^Cisco%-SIPGateway/(%S+)", "Cisco SIP Gateway", nil },
  { "^(%a[%w ]*)$", nil, nil },
}

local function tell(host, port, agent)
  local facts = { name = "sip" }
  for _, row in ipairs(PRODUCTS) do
    local version = agent:match(row[1])
    if version then
      facts.product = row[2] or version
      facts.version = row[2] and version
      facts.cpe = row[3] and naming.cpe(row[3], version)
      break
    end
  end
  if not facts.product then
    local product, version = agent:gsub(" %(.*%)$", ""):match "^(.-)[/ ]v?(%d[%w.~-]*)$"
    facts.product, facts.version = product or (agent ~= "" and agent or nil), version
  end
  naming.tell(host, port, facts)
end

action = function(host, port)
  local response = sip.options(host, port)
  if not response then
    return nil
  end
  local fields = response.fields
  local agent = fields.server or fields["user-agent"]
  tell(host, port, agent or "")
  local out = stdnse.output_table()
  out.status = ("%d %s"):format(response.status, response.reason)
  out.server = agent
  out.methods = fields.allow
  out.extensions = fields.supported
  return out
end
