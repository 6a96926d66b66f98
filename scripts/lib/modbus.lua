-- modbus: reading a device's identification over Modbus TCP (Application Protocol 1.1b3, section 6.21). SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"
local stream = require "stream"

local M = {}

M.OBJECT = { [0] = "VendorName", "ProductCode", "MajorMinorRevision", "VendorUrl", "ProductName", "ModelName", "UserApplicationName" }

local READ_IDENTIFICATION, BASIC = 43, 1
local MAX_FRAME = 260

--- A request to a unit: the basic identification (three objects).
function M.request(id, unit)
  return (">I2I2I2BBBBB"):pack(id, 0, 5, unit, READ_IDENTIFICATION, 14, BASIC, 0)
end

--- The answer's PDU: {objects = {[number] = text}} or {exception=}; nil if it is neither.
function M.parse(pdu)
  local c = cursor.new(pdu)
  local code = c:u8()
  if code == READ_IDENTIFICATION | 0x80 then
    return { exception = c:u8() }
  elseif code ~= READ_IDENTIFICATION or c:u8() ~= 14 then
    return nil
  end
  c:skip(4)
  local objects = {}
  for _ = 1, c:u8() do
    local number = c:u8()
    objects[number] = c:counted8()
  end
  return not c.bad and { objects = objects } or nil
end

--- Asks a unit who it is; nil if nothing comes that is an answer.
function M.identify(host, port, unit)
  local s = stream.open(host, port)
  if not s then
    return nil
  end
  local answer
  local header = s:ask(M.request(1, unit), 7)
  if header then
    local id, protocol, size = (">I2I2I2"):unpack(header)
    local pdu = id == 1 and protocol == 0 and size >= 2 and size <= MAX_FRAME and s:exactly(size - 1)
    answer = pdu and M.parse(pdu)
  end
  s:close()
  return answer
end

return M
