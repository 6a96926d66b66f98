local http = require "http"
local json = require "json"
local naming = require "naming"
local stdnse = require "stdnse"

description = [[
Names Elasticsearch or OpenSearch by the document at their root: name of node and cluster, version.
]]

---
-- @usage descry -sV -p 9200 HOST
--
-- @output
-- 9200/tcp open elasticsearch Elasticsearch REST API 8.13.4
-- | elasticsearch-info:
-- |   cluster_name: docs
-- |   name: node-1
-- |_  version: 8.13.4

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "discovery", "safe", "version" }

portrule = naming.rule { ports = { 9200 }, services = { "elasticsearch", "opensearch" }, also = { "http", "https", "wap-wsp" }, more = true }

local PRODUCTS = {
  opensearch = { "OpenSearch REST API", "a:amazon:opensearch" },
  elasticsearch = { "Elasticsearch REST API", "a:elastic:elasticsearch" },
}

action = function(host, port)
  local response = http.get(host, port, "/", { redirect_ok = false })
  local ok, data = json.parse(response.status == 200 and response.body or "")
  if not ok or json.typeof(data) ~= "object" or json.typeof(data.version) ~= "object" or type(data.version.number) ~= "string" or data.tagline == nil then
    return nil
  end
  local product = PRODUCTS[data.version.distribution] or PRODUCTS.elasticsearch
  local out = stdnse.output_table()
  for _, field in ipairs { "cluster_name", "cluster_uuid", "name" } do
    out[field] = type(data[field]) == "string" and data[field] or nil
  end
  out.version = data.version.number
  out.lucene_version = type(data.version.lucene_version) == "string" and data.version.lucene_version or nil
  naming.tell(host, port, { name = "elasticsearch", product = product[1], version = out.version, extrainfo = out.cluster_name and "cluster: " .. out.cluster_name,
    cpe = naming.cpe(product[2], out.version) })
  return out
end
