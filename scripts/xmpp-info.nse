local naming = require "naming"
local stdnse = require "stdnse"
local stream = require "stream"
local xmpp = require "xmpp"

description = [[
Shows what an XMPP server says at the beginning of a stream: its name, its features, the ways to log in.

Nobody logs in. Many servers only talk to who knows their name: give it with xmpp.servername.
]]

---
-- @usage descry --script xmpp-info --script-args xmpp.servername=chat.example -p 5222 HOST
--
-- @args xmpp.servername  the domain to ask for instead of the host's own name
--
-- @output
-- 5222/tcp open xmpp-client
-- | xmpp-info:
-- |   from: chat.example
-- |   version: 1.0
-- |   features:
-- |     starttls
-- |   mechanisms:
-- |_    SCRAM-SHA-1

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "default", "discovery", "safe", "version" }

portrule = naming.rule { ports = { 5222, 5223, 5269, 5270 }, services = { "xmpp", "xmpp-client", "xmpp-server", "jabber" }, more = true }

local FEATURES = { "starttls", "mechanisms", "compression", "register", "auth", "bind", "session", "ver", "sm", "dialback", "sasl%-channel%-binding", "authentication" }

-- Entity capabilities (XEP-0115) in the features name the software by a URL.
local PRODUCTS = {
  { "^https?://www%.process%-one%.net/en/ejabberd", "ejabberd", "cpe:/a:process-one:ejabberd" },
  { "^https?://prosody%.im", "Prosody", "cpe:/a:prosody:prosody" },
  { "^https?://www%.igniterealtime%.org/projects/openfire", "Openfire", "cpe:/a:igniterealtime:openfire" },
}

local function product_of(features)
  local node = (xmpp.tag(features, "c") or {}).node or ""
  for _, row in ipairs(PRODUCTS) do
    if node:find(row[1]) then
      return row[2], row[3]
    end
  end
end

-- The text up to the end of the features, or of the error, or what came.
local function opening(host, port)
  local server = port.number == 5269 or port.number == 5270 or (port.version or {}).name == "xmpp-server"
  local s = stream.open(host, port)
  if not s then
    return nil
  end
  local text = ""
  if s:send(xmpp.header(host, server and "jabber:server" or "jabber:client")) then
    while #text < 65536 and not text:find "</stream:features>" and not text:find "<stream:features/>" and not text:find "</stream:error>" do
      local piece = s:any()
      if not piece then
        break
      end
      text = text .. piece
    end
    s:send "</stream:stream>"
  end
  s:close()
  return text
end

action = function(host, port)
  local text = opening(host, port)
  local attributes = text and xmpp.tag(text, "stream:stream")
  if not attributes then
    return nil
  end
  local out = stdnse.output_table()
  out.from = attributes.from
  out.version = attributes.version
  out.lang = attributes["xml:lang"]
  local inside = text:match "<stream:features[^/>]*>(.*)</stream:features>"
  if inside then
    local names = {}
    for _, name in ipairs(FEATURES) do
      if inside:find("<" .. name .. "[%s/>]") then
        names[#names + 1] = (name:gsub("%%", ""))
      end
    end
    out.features = names
    local mechanisms, methods = xmpp.texts(inside, "mechanism"), xmpp.texts(inside, "method")
    out.mechanisms = #mechanisms > 0 and mechanisms or nil
    out.compression = #methods > 0 and methods or nil
  end
  out.error = text:match "<stream:error>%s*<([%w-]+)"
  local product, cpe = product_of(inside or "")
  naming.tell(host, port, { name = attributes["xmlns"] == "jabber:server" and "xmpp-server" or "xmpp-client", product = product, hostname = attributes.from,
    cpe = cpe })
  return out
end
