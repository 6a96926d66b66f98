-- sip: one OPTIONS request (RFC 3261, section 11) and its response. SPDX-License-Identifier: BSD-2-Clause
local datagram = require "datagram"
local headers = require "headers"
local rand = require "rand"
local stream = require "stream"

local M = {}

--- OPTIONS from nobody to the server itself.
function M.request(host, port, transport, here)
  local name = host.ip:find ":" and "[" .. host.ip .. "]" or host.ip
  local lines = {
    ("OPTIONS sip:%s:%d SIP/2.0"):format(name, port.number),
    ("Via: SIP/2.0/%s %s;branch=z9hG4bK%s;rport"):format(transport, here, rand.random_alpha(12)),
    "Max-Forwards: 70",
    ("To: <sip:%s:%d>"):format(name, port.number),
    ("From: <sip:descry@%s>;tag=%s"):format(here, rand.random_alpha(8)),
    ("Call-ID: %s@%s"):format(rand.random_alpha(16), here),
    "CSeq: 1 OPTIONS",
    ("Contact: <sip:descry@%s>"):format(here),
    "Accept: application/sdp",
    "Content-Length: 0",
  }
  return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

-- "address:port" of our end.
local function here_of(socket)
  local ok, address, number = socket:get_info()
  if not ok then
    return "127.0.0.1:5060"
  end
  return (address:find ":" and "[" .. address .. "]" or address) .. ":" .. number
end

-- 1xx only say that an answer will come.
local function is_final(response)
  return response ~= nil and response.status >= 200
end

--- The response to OPTIONS; nil if none came.
function M.options(host, port)
  if port.protocol == "udp" then
    local response
    datagram.ask(host, port, function(socket)
      return M.request(host, port, "UDP", here_of(socket))
    end, function(data)
      response = headers.parse(data, "SIP") or response
      return is_final(response)
    end, { timeout = 4000 })
    return response
  end
  local s = stream.open(host, port)
  if not s then
    return nil
  end
  local response
  local tunnel = port.version and port.version.service_tunnel == "ssl"
  if s:send(M.request(host, port, tunnel and "TLS" or "TCP", here_of(s.socket))) then
    for _ = 1, 3 do
      local text = s:through("\r\n\r\n", 16384)
      response = text and headers.parse(text, "SIP") or response
      if not text or is_final(response) then
        break
      end
    end
  end
  s:close()
  return response
end

-- -------------------------------------------------------------------------------------------------------------- the field's interface

local Response = {}
Response.__index = Response

function Response:getErrorCode()
  return self.response.status
end

function Response:getErrorMessage()
  return self.response.reason
end

--- A field by its name, in any case; nil without it.
function Response:getHeader(name)
  return self.response.fields[name:lower()]
end

local Session = {}
Session.__index = Session
M.Session = Session

--- A conversation that asks for abilities and nothing else.
function Session:new(host, port)
  return setmetatable({ host = host, port = port }, self)
end

function Session:connect()
  return true
end

--- True and the response to OPTIONS; false and why.
function Session:options()
  local response = M.options(self.host, self.port)
  if not response then
    return false, "no response of SIP"
  end
  return true, setmetatable({ response = response }, Response)
end

function Session:close()
  return true
end

return M
