local shortport = require "shortport"
local tls = require "tls"

description = [[
Lists the application protocols that a TLS server takes (ALPN, RFC 7301).

All names that are not yet known to be taken are offered; the server chooses one; the rest is offered again, until it chooses none. One connection for each answer, at most ten.
]]

---
-- @usage descry --script tls-alpn -p 443 HOST
--
-- @output
-- 443/tcp open https
-- | tls-alpn:
-- |   h2
-- |_  http/1.1

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "default", "discovery", "safe" }

portrule = function(host, port)
  return port.protocol == "tcp" and shortport.ssl(host, port)
end

-- IANA's registry of protocol ids, those that servers are met with.
local NAMES = { "h2", "http/1.1", "http/1.0", "h2c", "spdy/3.1", "dot", "imap", "pop3", "smtp", "xmpp-client", "xmpp-server", "mqtt", "ftp", "irc", "stun.turn", "acme-tls/1",
  "postgresql", "managesieve", "coap", "ntske/1", "radius/1.1" }
local MOST = 10

-- TLS 1.2 tells its choice in clear text, TLS 1.3 in secret; so 1.2 it is.
local function choice(host, port, names)
  local heard, why = tls.hello(host, port, { protocol = "TLSv1.2", alpn = names })
  return heard and heard.hello and heard.hello.alpn, why
end

action = function(host, port)
  local left, taken = NAMES, {}
  for _ = 1, MOST do
    local name = choice(host, port, left)
    local rest = {}
    for _, one in ipairs(left) do
      if one ~= name then
        rest[#rest + 1] = one
      end
    end
    -- A name that was not offered is no choice.
    if not name or #rest == #left then
      break
    end
    taken[#taken + 1], left = name, rest
  end
  return #taken > 0 and taken or nil
end
