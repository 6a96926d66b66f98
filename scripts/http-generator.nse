local html = require "html"
local http = require "http"
local shortport = require "shortport"
local stdnse = require "stdnse"

description = [[
Shows what a web server's root page says that it was made with (the meta element "generator").
]]

---
-- @usage descry --script http-generator -p 80 HOST
--
-- @args http-generator.path  the path to ask for (default /)
--
-- @output
-- 80/tcp open http
-- |_http-generator: WordPress 6.5.2

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "default", "discovery", "safe" }

portrule = shortport.http

action = function(host, port)
  local path = stdnse.get_script_args(SCRIPT_NAME .. ".path") or "/"
  local response = http.get(host, port, path)
  local found = response.status and html.meta(response.body, "generator")
  return found and found[1]
end
