-- stun: a binding request (RFC 8489) and its response. SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"
local datagram = require "datagram"
local helper = require "helper"
local ipOps = require "ipOps"
local nmap = require "nmap"
local stream = require "stream"

local M = {}

local COOKIE = 0x2112A442
local REQUEST, SUCCESS, FAILURE = 0x0001, 0x0101, 0x0111
local ATTRIBUTE = { mapped = 0x0001, error = 0x0009, xor_mapped = 0x0020, software = 0x8022 }

--- A binding request with a transaction id of twelve bytes.
function M.request(id)
  return (">I2I2I4"):pack(REQUEST, 0, COOKIE) .. id
end

local function xor(bytes, mask)
  local out = {}
  for i = 1, #bytes do
    out[i] = string.char(bytes:byte(i) ~ mask:byte(i))
  end
  return table.concat(out)
end

-- An address attribute; the xor form hides it from translators behind cookie and id (section 14.2).
local function address(data, mask)
  local c = cursor.new(data)
  c:skip(1)
  local family, port = c:u8(), c:u16()
  local bytes = c:bytes(family == 2 and 16 or 4)
  if c.bad or (family ~= 1 and family ~= 2) then
    return nil
  end
  if mask then
    port, bytes = port ~ COOKIE >> 16, xor(bytes, mask)
  end
  return ipOps.str_to_ip(bytes), port
end

--- A response to a transaction: {address=, port=, software=, error=}; nil if it is none.
function M.parse(data, id)
  local c = cursor.new(data)
  local kind, size = c:u16(), c:u16()
  local cookie, transaction = c:bytes(4), c:bytes(12)
  if c.bad or (kind ~= SUCCESS and kind ~= FAILURE) or transaction ~= id or size % 4 ~= 0 then
    return nil
  end
  local response = { rfc3489 = cookie ~= (">I4"):pack(COOKIE) }
  local part = c:part(size)
  while part:left() >= 4 do
    local name, length = part:u16(), part:u16()
    local value = part:bytes(length)
    part:skip(math.min(part:left(), -length % 4))
    if name == ATTRIBUTE.xor_mapped then
      response.address, response.port = address(value, cookie .. id)
    elseif name == ATTRIBUTE.mapped and not response.address then
      response.address, response.port = address(value)
    elseif name == ATTRIBUTE.software then
      response.software = value:gsub("%z+$", "")
    elseif name == ATTRIBUTE.error and #value >= 4 then
      response.error = ("%d %s"):format(value:byte(3) * 100 + value:byte(4), value:sub(5))
    end
  end
  return not part.bad and response or nil
end

--- Asks a server where it sees us; nil if it does not answer.
function M.bind(host, port)
  local id = nmap.get_random_bytes(12)
  if port.protocol == "udp" then
    return datagram.ask(host, port, M.request(id), function(data)
      return M.parse(data, id)
    end)
  end
  local s = stream.open(host, port)
  if not s then
    return nil
  end
  local response
  local header = s:ask(M.request(id), 20)
  if header then
    local size = (">I2"):unpack(header, 3)
    local rest = size <= 2048 and s:exactly(size)
    response = rest and M.parse(header .. rest, id)
  end
  s:close()
  return response
end

--- The field's interface.
local Helper = helper.class()
M.Helper = Helper

function Helper:connect()
  self.response = M.bind(self.host, self.port)
  return self.response ~= nil, self.response == nil and "no answer" or nil
end

--- True and {ip =, port =}: where the server sees us; true and its software. False and why.
function Helper:getExternalAddress()
  local r = self.response
  if not r or not r.address then
    return false, "no address was told"
  end
  return true, { ip = r.address, port = r.port }
end

function Helper:getVersion()
  local software = self.response and self.response.software
  return software ~= nil, software or "no software was told"
end

return M
