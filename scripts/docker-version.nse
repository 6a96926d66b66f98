local http = require "http"
local json = require "json"
local naming = require "naming"
local stdnse = require "stdnse"

description = [[
Names a Docker engine by its API: GET /version, which needs no login where the API is open.
]]

---
-- @usage descry -sV -p 2375 HOST
--
-- @output
-- 2375/tcp open docker Docker Engine 24.0.7 (API 1.43)
-- | docker-version:
-- |   Version: 24.0.7
-- |   ApiVersion: 1.43
-- |_  Os: linux

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "version", "safe" }

portrule = naming.rule { ports = { 2375, 2376 }, services = { "docker", "docker-s" }, also = { "http", "https" }, more = true }

local FIELDS = { "Version", "ApiVersion", "MinAPIVersion", "GitCommit", "GoVersion", "Os", "Arch", "KernelVersion", "BuildTime" }

action = function(host, port)
  local response = http.get(host, port, "/version", { redirect_ok = false })
  local ok, data = json.parse(response.status == 200 and response.body or "")
  if not ok or json.typeof(data) ~= "object" or type(data.Version) ~= "string" or type(data.ApiVersion) ~= "string" then
    return nil
  end
  local out = stdnse.output_table()
  for _, field in ipairs(FIELDS) do
    out[field] = type(data[field]) == "string" and data[field] or nil
  end
  naming.tell(host, port, { name = "docker", product = "Docker Engine", version = data.Version, extrainfo = "API " .. data.ApiVersion, ostype = data.Os == "linux" and "Linux" or nil,
    cpe = naming.cpe("a:docker:docker", data.Version) })
  return out
end
