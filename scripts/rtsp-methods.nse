local headers = require "headers"
local naming = require "naming"
local stdnse = require "stdnse"
local stream = require "stream"

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
  local path = (stdnse.get_script_args(SCRIPT_NAME .. ".path") or "*"):gsub("%s", "%%20")
  local s = stream.open(host, port)
  if not s then
    return nil
  end
  local text = s:send(("OPTIONS %s RTSP/1.0\r\nCSeq: 1\r\n\r\n"):format(path)) and s:through("\r\n\r\n", 16384)
  s:close()
  local response = text and headers.parse(text, "RTSP")
  if not response then
    return nil
  end
  local server = response.fields.server
  local product, version = (server or ""):match "^(%a[%w ._-]-)[/ ]v?(%d[%w.~-]*)"
  naming.tell(host, port, { name = "rtsp", product = product or server and server:match "^%a[%w ._-]*$", version = version })
  local out = stdnse.output_table()
  out.methods = response.fields.public or response.fields.allow
  out.server = server
  return (out.methods or out.server) and out or nil
end
