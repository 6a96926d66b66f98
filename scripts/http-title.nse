local html = require "html"
local http = require "http"
local shortport = require "shortport"
local stdnse = require "stdnse"

description = [[
Shows the title of a web server's root page. Redirects are followed as long as they stay on the host; where they would lead elsewhere is said.
]]

---
-- @usage descry --script http-title -p 80 HOST
--
-- @args http-title.url  the path to ask for (default /)
--
-- @output
-- 80/tcp open http
-- |_http-title: Welcome to nginx!

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "default", "discovery", "safe" }

portrule = shortport.http

local MOST = 65 -- characters of a title that are shown

action = function(host, port)
  local path = stdnse.get_script_args(SCRIPT_NAME .. ".url") or "/"
  local response = http.get(host, port, path)
  if not response.status then
    return nil
  end
  local out = stdnse.output_table()
  local last = response.location and response.location[#response.location]
  -- A redirect that was not followed leads to another host.
  if last and response.status >= 300 and response.status < 400 then
    out.redirect_url = last
    return out, ("(leads to %s, not followed)"):format(last)
  end
  local title = html.title(response.body)
  if not title then
    local kind = (response.header["content-type"] or ""):match "^[^;]+"
    return ("(no title%s)"):format(kind and "; " .. kind or "")
  end
  out.title = title
  local text = title
  if #text > MOST then
    text = html.shorten(text, MOST) .. "..."
  end
  if text == "" then
    text = "(empty)"
  end
  if last then
    out.redirect_url = last
    text = ("%s\nfound at %s"):format(text, last)
  end
  return out, text
end
