local mongodb = require "mongodb"
local naming = require "naming"
local stdnse = require "stdnse"

description = [[
Names a MongoDB server by its answers to isMaster and buildInfo, which it gives without login.
]]

---
-- @usage descry -sV -p 27017 HOST
--
-- @output
-- 27017/tcp open mongodb MongoDB 6.0.13
-- | mongodb-info:
-- |   version: 6.0.13
-- |   gitVersion: 3b13907f9bdf6bd3264d67140d6c215d51bbd20c
-- |   openssl: OpenSSL 3.0.11
-- |   maxWireVersion: 17
-- |_  replicaSet: rs0

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "default", "discovery", "safe", "version" }

portrule = naming.rule { ports = { 27017, 27018, 27019 }, services = { "mongodb", "mongod" }, more = true }

local function text(value)
  return type(value) == "string" and value or nil
end

action = function(host, port)
  local hello, build = mongodb.about(host, port)
  if not hello or hello.ok == nil then
    return nil
  end
  local out = stdnse.output_table()
  build = build or {}
  out.version = text(build.version)
  out.gitVersion = text(build.gitVersion)
  if type(build.openssl) == "table" then
    out.openssl = text(build.openssl.running)
  end
  out.maxWireVersion = hello.maxWireVersion
  out.replicaSet = text(hello.setName)
  if type(hello.hosts) == "table" then
    out.hosts = hello.hosts
  end
  naming.tell(host, port, { name = "mongodb", product = hello.maxWireVersion and "MongoDB" or nil, version = out.version, cpe = out.version and naming.cpe("a:mongodb:mongodb", out.version) })
  return out
end
