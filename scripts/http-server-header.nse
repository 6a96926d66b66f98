local http = require "http"
local naming = require "naming"

description = [[
Names a web server by the Server field of its response, where version detection has found no product with a version.

The field may name several products; the first that carries a version is the server. The response to GET / is shared with the other scripts that look at it.
]]

---
-- @usage descry -sV -p 80 HOST
--
-- @output
-- 80/tcp open http nginx 1.22.1
-- |_http-server-header: nginx/1.22.1

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "discovery", "safe", "version" }

portrule = naming.rule {
  ports = { 80, 443, 8000, 8008, 8080, 8443, 8888 },
  services = { "http", "https", "http-alt", "https-alt", "http-proxy", "ipp", "upnp" },
}

-- What common servers are called: the word of the field, product, CPE.
local PRODUCTS = {
  nginx = { "nginx", "a:f5:nginx" },
  Apache = { "Apache httpd", "a:apache:http_server" },
  ["Microsoft-IIS"] = { "Microsoft IIS httpd", "a:microsoft:internet_information_services" },
  lighttpd = { "lighttpd", "a:lighttpd:lighttpd" },
  CUPS = { "CUPS", "a:apple:cups" },
  Caddy = { "Caddy httpd", "a:caddyserver:caddy" },
  gunicorn = { "Gunicorn", "a:gunicorn:gunicorn" },
  Jetty = { "Jetty", "a:eclipse:jetty" },
  squid = { "Squid http proxy", "a:squid-cache:squid" },
}

-- "nginx/1.2 (Debian)" or "Icecast 2.4.4": the first word, its version, what stands in brackets.
local function parse(text)
  local word, version, rest = text:match "^([%w][%w%._ -]-)/(%d[%w%.+~-]*)%s*(.*)$"
  if not word then
    word, version, rest = text:match "^(%a[%w%._-]*) (%d+%.[%w%.+~-]*)%s*(.*)$"
  end
  if not word then
    return text:match "^[%w][%w%._-]*$", nil, nil
  end
  return word, version, rest:match "^%(([^()]+)%)"
end

action = function(host, port)
  local response = http.get(host, port, "/", { redirect_ok = false })
  local text = response.status and response.header.server
  if not text or text == "" then
    return nil
  end
  local word, version, comment = parse(text)
  if word then
    local product = PRODUCTS[word] or { word }
    naming.tell(host, port, { name = "http", product = product[1], version = version, extrainfo = comment, cpe = product[2] and naming.cpe(product[2], version) })
  end
  return text
end
