-- bacnet: reading properties of the device object over BACnet/IP (ASHRAE 135, annex J). SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"
local datagram = require "datagram"

local M = {}

M.PROPERTY = { { 77, "object-name" }, { 121, "vendor-name" }, { 120, "vendor-identifier" }, { 70, "model-name" }, { 44, "firmware-revision" },
  { 12, "application-software-version" }, { 58, "location" }, { 28, "description" } }

-- The device with the instance that stands for any (4194303).
local ANY_DEVICE = 8 << 22 | 0x3fffff

--- ReadProperty of the device: BVLC (original unicast), NPDU (a reply is expected), confirmed request.
function M.read_property(id, property)
  local apdu = "\0\5" .. string.char(id, 12) .. "\x0C" .. (">I4"):pack(ANY_DEVICE) .. "\x19" .. string.char(property)
  local npdu = "\1\4" .. apdu
  return "\x81\x0A" .. (">I2"):pack(#npdu + 4) .. npdu
end

-- The length of an application tag: 5 means that it follows.
local function tag(c)
  local first = c:u8()
  local length = first & 7
  if length == 5 then
    length = c:u8()
    if length == 254 then
      length = c:u16()
    end
  end
  return first >> 4, first & 8 ~= 0, length
end

local function value(c)
  local number, context, length = tag(c)
  if context then
    return nil
  elseif number == 2 and length <= 4 then -- unsigned
    local bytes = c:bytes(length)
    return #bytes > 0 and (">I" .. #bytes):unpack(bytes) or 0
  elseif number == 7 and length >= 1 then -- text: the first byte names its encoding
    local encoding, text = c:u8(), c:bytes(length - 1)
    if encoding == 4 then
      return require("unicode").utf16to8(text, true)
    end
    return text
  end
end

--- An answer: its id, and {value=} or {error=} (true); nil if it is none.
function M.parse(data)
  local c = cursor.new(data)
  local kind, what, size = c:u8(), c:u8(), c:u16()
  if kind ~= 0x81 or (what ~= 0x0A and what ~= 0x04) or size ~= #data then
    return nil
  end
  if what == 0x04 then
    c:skip(6) -- forwarded: the address of who sent it first
  end
  local version, control = c:u8(), c:u8()
  if control & 0x20 ~= 0 then
    c:skip(2)
    c:skip(c:u8())
  end
  if control & 0x08 ~= 0 then
    c:skip(2)
    c:skip(c:u8())
  end
  if control & 0x20 ~= 0 then
    c:skip(1)
  end
  local pdu, id = c:u8(), c:u8()
  if c.bad or version ~= 1 or control & 0x80 ~= 0 then
    return nil
  end
  if pdu >> 4 == 5 or pdu >> 4 == 6 or pdu >> 4 == 7 then -- error, reject, abort
    return id, { error = true }
  elseif pdu >> 4 ~= 3 or c:u8() ~= 12 then
    return nil
  end
  -- Context tags 0 (object), 1 (property), then 3 opens the value.
  local _, _, object = tag(c)
  c:skip(object)
  local _, _, property = tag(c)
  c:skip(property)
  if c:u8() ~= 0x3E then
    return nil
  end
  local found = value(c)
  return not c.bad and id or nil, { value = found }
end

--- Asks for properties one after another: {name = value}; nil if the device answers nothing. Stops at the first silence.
function M.device(host, port)
  local socket = datagram.open(host, port, 2000)
  local found
  for id, row in ipairs(socket and M.PROPERTY or {}) do
    local answer = datagram.on(socket, M.read_property(id, row[1]), function(data)
      local got, answer = M.parse(data)
      return got == id and answer
    end)
    if not answer then
      break
    end
    found = found or {}
    found[row[2]] = answer.value
  end
  if socket then
    socket:close()
  end
  return found
end

return M
