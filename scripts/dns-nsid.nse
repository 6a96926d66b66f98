local dns = require "dns"
local shortport = require "shortport"
local stdnse = require "stdnse"

description = [[
Asks a DNS server who it is: the name server identifier (NSID, RFC 5001), id.server, hostname.bind and version.bind.

Among the many machines of an anycast service these tell which one answers. Four questions at most.
]]

---
-- @usage descry -sU -p 53 --script dns-nsid HOST
--
-- @output
-- 53/udp open domain
-- | dns-nsid:
-- |   NSID: ns1-fra (6e73312d667261)
-- |   id.server: ns1-fra
-- |_  bind.version: 9.18.33

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "default", "discovery", "safe" }

portrule = shortport.port_or_service(53, "domain", { "tcp", "udp" })

local function printable(bytes)
  return bytes:find "^[\32-\126]+$" and bytes
end

action = function(host, port)
  local out, any = stdnse.output_table(), false
  local answer = dns.ask(host, port, { name = "", type = dns.types.NS, edns = { [dns.OPTION.NSID] = "" } })
  if not answer then
    return nil
  end
  for _, record in ipairs(answer.additional) do
    local id = record.type == dns.types.OPT and record.data and record.data[dns.OPTION.NSID]
    if id and #id > 0 then
      out.NSID, any = (printable(id) or "?") .. " (" .. stdnse.tohex(id) .. ")", true
    end
  end
  for _, pair in ipairs { { "id.server", "id.server" }, { "hostname.bind", "hostname.bind" }, { "version.bind", "bind.version" } } do
    local text, heard = dns.chaos(host, port, pair[1])
    if text then
      out[pair[2]], any = text, true
    elseif not heard then
      break
    end
  end
  return any and out or nil
end
