local sslcert = require "sslcert"
local stdnse = require "stdnse"
local tls = require "tls"

description = [[
Tells which versions of TLS a server takes, and which cipher suite it chooses in each.

One ClientHello is sent for each version from SSL 3 to TLS 1.3, each on a connection of its own; the handshake goes no further than the server's reply. Services that begin in clear text are
talked into TLS first (STARTTLS). Old versions that are still taken are named in a warning.
]]

---
-- @usage descry --script tls-versions -p 443 HOST
--
-- @args tls.servername  the name to ask for (SNI) instead of the host's own
--
-- @output
-- 443/tcp open https
-- | tls-versions:
-- |   TLSv1.2: TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
-- |_  TLSv1.3: TLS_AES_256_GCM_SHA384

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "discovery", "safe" }

portrule = function(host, port)
  return sslcert.isPortSupported(host, port)
end

-- RFC 7568 (SSL 3) and RFC 8996 (TLS 1.0 and 1.1) say that these must not be used.
local DEPRECATED = { ["SSLv3"] = true, ["TLSv1.0"] = true, ["TLSv1.1"] = true }

action = function(host, port)
  local out, old, any = stdnse.output_table(), {}, false
  for _, protocol in ipairs(tls.ORDER) do
    local heard, why = tls.hello(host, port, { protocol = protocol })
    -- A server that is gone, or will not hear of STARTTLS, need not be asked five times.
    if not heard and (why == "connect" or why == "starttls") then
      break
    end
    local hello = heard and heard.hello
    if hello and hello.version == tls.PROTOCOLS[protocol] then
      out[protocol], any = tls.cipher_name(hello.cipher), true
      if DEPRECATED[protocol] then
        old[#old + 1] = protocol
      end
    end
  end
  if #old > 0 then
    out.warning = "deprecated: " .. table.concat(old, ", ")
  end
  return any and out or nil
end
