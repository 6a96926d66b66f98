-- rtsp: requests of RTSP 1.0 (RFC 2326) that ask and change nothing. SPDX-License-Identifier: BSD-2-Clause
local headers = require "headers"
local helper = require "helper"

local M = {}

local MOST_HEADER, MOST_BODY = 16384, 65536

local Helper = helper.class()
M.Helper = Helper

-- Fields are found by any spelling of their names.
local ANY_CASE = {
  __index = function(fields, name)
    return type(name) == "string" and rawget(fields, name:lower()) or nil
  end,
}

--- Says a request: true and {status =, reason =, headers = {name = value}, body =}; false and why.
function Helper:request(method, url, fields)
  self.sequence = (self.sequence or 0) + 1
  local lines = { ("%s %s RTSP/1.0"):format(method, (url:gsub("%s", "%%20"))), "CSeq: " .. self.sequence }
  for _, pair in ipairs(fields or {}) do
    lines[#lines + 1] = pair[1] .. ": " .. pair[2]
  end
  if not self.stream or not self.stream:send(table.concat(lines, "\r\n") .. "\r\n\r\n") then
    return false, "not connected"
  end
  local text = self.stream:through("\r\n\r\n", MOST_HEADER)
  local response = text and headers.parse(text, "RTSP")
  if not response then
    return false, "no response of RTSP"
  end
  local size = tonumber(response.fields["content-length"]) or 0
  local body = size > 0 and size <= MOST_BODY and self.stream:exactly(size) or nil
  return true, { status = response.status, reason = response.reason, headers = setmetatable(response.fields, ANY_CASE), body = body }
end

--- Which methods there are (section 10.1), of the whole server by default.
function Helper:options(url)
  return self:request("OPTIONS", url or "*")
end

--- What a URL presents (section 10.2).
function Helper:describe(url)
  return self:request("DESCRIBE", url, { { "Accept", "application/sdp" } })
end

return M
