-- upnp: the search (SSDP) and the device description of UPnP Device Architecture 2.0. SPDX-License-Identifier: BSD-2-Clause
local headers = require "headers"
local helper = require "helper"
local html = require "html"
local http = require "http"
local nmap = require "nmap"
local stdnse = require "stdnse"
local url = require "url"

local M = {}

--- A search for root devices, to one host alone.
function M.search(host)
  local name = host.ip:find ":" and "[" .. host.ip .. "]" or host.ip
  return ("M-SEARCH * HTTP/1.1\r\nHOST: %s:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: upnp:rootdevice\r\n\r\n"):format(name)
end

--- The fields of the answer to a search; nil if none came.
function M.find(host, port)
  local socket = nmap.new_socket "udp"
  -- MX: 1 allows the device to wait for a second.
  socket:set_timeout(stdnse.get_timeout(host, 4000, 2500))
  local fields
  -- The answer may come from another port of the device: no connect.
  if socket:sendto(host, port, M.search(host)) then
    for _ = 1, 3 do
      local ok, data = socket:receive()
      local answer = ok and headers.parse(data, "HTTP")
      if answer and answer.status == 200 then
        fields = answer.fields
      end
      if not ok or fields then
        break
      end
    end
  end
  socket:close()
  return fields
end

local WANTED = { "friendlyName", "manufacturer", "manufacturerURL", "modelDescription", "modelName", "modelNumber", "deviceType" }

--- What a description says of the root device.
function M.parse_description(text)
  local told = {}
  for _, name in ipairs(WANTED) do
    local value = text:match("<" .. name .. ">%s*([^<]-)%s*</" .. name .. ">")
    told[name] = value and value ~= "" and html.unescape(value) or nil
  end
  return next(told) and told or nil
end

--- Fetches the description that an answer points to; only from the host itself: nil otherwise.
function M.description(host, location)
  local parsed = url.parse(location)
  local ours = parsed.ascii_host == host.ip or parsed.ascii_host == (host.targetname or ""):lower()
  if parsed.scheme ~= "http" or not ours or not parsed.port then
    return nil
  end
  local port = { number = parsed.port, protocol = "tcp", state = "open", version = {} }
  local response = http.get(host, port, (parsed.path or "/") .. (parsed.query and "?" .. parsed.query or ""), { scheme = "http", max_body_size = 65536, redirect_ok = false })
  return response.status == 200 and M.parse_description(response.body) or nil
end

--- The field's interface, of one host: groups are not asked.
local Helper = helper.class()
M.Helper = Helper

--- True and lines about the device, as format_output takes them; false and why.
function Helper:queryServices()
  local fields = M.find(self.host, type(self.port) == "table" and self.port or { number = self.port or 1900, protocol = "udp" })
  if not fields then
    return false, "no answer"
  end
  local out = {}
  for _, name in ipairs { "server", "location" } do
    out[#out + 1] = fields[name] and ("%s: %s"):format(name:gsub("^%l", string.upper), fields[name])
  end
  local told = fields.location and M.description(self.host, fields.location) or {}
  for _, name in ipairs(WANTED) do
    out[#out + 1] = told[name] and ("%s: %s"):format(name, told[name]) or nil
  end
  return true, out
end

return M
