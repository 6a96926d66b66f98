local dns = require "dns"
local shortport = require "shortport"
local stdnse = require "stdnse"

description = [[
Tells whether a DNS server would ask others on our behalf: it says so in each of its answers (RA), and it answers a question about a name that is not its own.

One question. The name can be chosen; the default is a name that is kept for examples (RFC 6761), and asking for it costs others little.
]]

---
-- @usage descry -sU -p 53 --script dns-recursion HOST
--
-- @args dns-recursion.name  the name to ask for (default example.com)
--
-- @output
-- 53/udp open domain
-- |_dns-recursion: Recursion is offered

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "default", "safe" }

portrule = shortport.port_or_service(53, "domain", { "tcp", "udp" })

action = function(host, port)
  local name = stdnse.get_script_args(SCRIPT_NAME .. ".name") or "example.com"
  local answer = dns.ask(host, port, { name = name, type = dns.types.A, recursion = true })
  if not answer or not answer.recursion_available then
    return nil
  end
  if answer.rcode == 5 then
    return nil -- it could, but not for us
  end
  return "Recursion is offered"
end
