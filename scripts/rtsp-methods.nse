local naming = require "naming"
local rtsp = require "rtsp"
local stdnse = require "stdnse"

description = [[
Asks an RTSP server for its methods (OPTIONS *, RFC 2326, section 10.1) and names it by its Server field.
]]

---
-- @usage descry --script rtsp-methods -p 554 HOST
--
-- @args rtsp-methods.path  what to ask about (default *)
--
-- @output
-- 554/tcp open rtsp
-- | rtsp-methods:
-- |   methods: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN
-- |_  server: GStreamer RTSP server

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "default", "safe", "version" }

portrule = naming.rule { ports = { 554, 8554 }, services = { "rtsp", "rtsp-alt" }, more = true }

action = function(host, port)
  local helper = rtsp.Helper:new(host, port)
  local ok, response = helper:connect(), nil
  if ok then
    ok, response = helper:options((stdnse.get_script_args(SCRIPT_NAME .. ".path")))
    helper:close()
  end
  if not ok then
    return nil
  end
  local server = response.headers.server
  local product, version = (server or ""):match "^(%a[%w ._-]-)[/ ]v?(%d[%w.~-]*)"
  naming.tell(host, port, { name = "rtsp", product = product or server and server:match "^%a[%w ._-]*$", version = version })
  local out = stdnse.output_table()
  out.methods = response.headers.public or response.headers.allow
  out.server = server
  return (out.methods or out.server) and out or nil
end
