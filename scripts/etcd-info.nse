local http = require "http"
local json = require "json"
local naming = require "naming"
local stdnse = require "stdnse"

description = [[
Names etcd by GET /version, which answers clients and peers without login.
]]

---
-- @usage descry -sV -p 2379 HOST
--
-- @output
-- 2379/tcp open etcd-client etcd 3.4.23
-- | etcd-info:
-- |   etcdserver: 3.4.23
-- |_  etcdcluster: 3.4.0

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "discovery", "safe", "version" }

portrule = naming.rule { ports = { 2379, 2380, 4001, 7001 }, services = { "etcd", "etcd-client", "etcd-server" }, also = { "http", "https" }, more = true }

action = function(host, port)
  local response = http.get(host, port, "/version", { redirect_ok = false })
  local ok, data = json.parse(response.status == 200 and response.body or "")
  if not ok or json.typeof(data) ~= "object" or type(data.etcdserver) ~= "string" then
    return nil
  end
  local out = stdnse.output_table()
  out.etcdserver = data.etcdserver
  out.etcdcluster = type(data.etcdcluster) == "string" and data.etcdcluster or nil
  naming.tell(host, port, { name = "etcd", product = "etcd", version = data.etcdserver, cpe = naming.cpe("a:etcd:etcd", data.etcdserver) })
  return out
end
