-- mqtt: packets of MQTT 3.1.1 and 5.0 (OASIS) as far as connecting and one subscription. SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"

local M = {}

M.KIND = { connect = 1, connack = 2, publish = 3, subscribe = 8, suback = 9, disconnect = 14 }

local MAX_PACKET = 65536

--- A packet: kind, flags, body. The length has seven bits a byte, the lowest first.
function M.packet(kind, flags, body)
  local length, left = {}, #body
  repeat
    local byte = left & 0x7F
    left = left >> 7
    length[#length + 1] = string.char(left > 0 and byte | 0x80 or byte)
  until left == 0
  return string.char(kind << 4 | flags) .. table.concat(length) .. body
end

--- CONNECT with a clean session, a keep-alive of 30 seconds, no name and no password. level: 4 (3.1.1) or 5.
function M.connect(client, level)
  local properties = level == 5 and "\0" or ""
  return M.packet(M.KIND.connect, 0, (">s2BBI2"):pack("MQTT", level, 2, 30) .. properties .. (">s2"):pack(client))
end

--- SUBSCRIBE to topics, quality of service 0.
function M.subscribe(id, topics, level)
  local body = { (">I2"):pack(id), level == 5 and "\0" or "" }
  for _, topic in ipairs(topics) do
    body[#body + 1] = (">s2B"):pack(topic, 0)
  end
  return M.packet(M.KIND.subscribe, 2, table.concat(body))
end

function M.disconnect()
  return M.packet(M.KIND.disconnect, 0, "")
end

--- The next packet of a stream: {kind=, flags=, body=}; nil if none comes that is one.
function M.read(s)
  local first = s:exactly(1)
  if not first then
    return nil
  end
  local size, shift = 0, 0
  repeat
    local byte = s:exactly(1)
    if not byte or shift > 21 then
      return nil
    end
    size = size | (byte:byte() & 0x7F) << shift
    shift = shift + 7
  until byte:byte() < 0x80
  local body = size <= MAX_PACKET and s:exactly(size)
  return body and { kind = first:byte() >> 4, flags = first:byte() & 15, body = body } or nil
end

-- MQTT 3.1.1, table 3.1; MQTT 5.0, section 3.2.2.2.
local REFUSED = { [1] = "unacceptable protocol version", [2] = "identifier rejected", [3] = "server unavailable", [4] = "bad user name or password", [5] = "not authorized",
  [0x84] = "unsupported protocol version", [0x85] = "client identifier not valid", [0x86] = "bad user name or password", [0x87] = "not authorized", [0x88] = "server unavailable",
  [0x89] = "server busy", [0x8A] = "banned", [0x9C] = "use another server", [0x9F] = "connection rate exceeded" }

--- What a CONNACK says: its code, and the words for a refusal; nil if the packet is none.
function M.answer(packet)
  if not packet or packet.kind ~= M.KIND.connack or #packet.body < 2 then
    return nil
  end
  local code = packet.body:byte(2)
  return code, REFUSED[code]
end

--- The topic and the payload of a PUBLISH; nil if the packet is none.
function M.message(packet, level)
  if packet.kind ~= M.KIND.publish then
    return nil
  end
  local c = cursor.new(packet.body)
  local topic = c:counted16()
  if packet.flags >> 1 & 3 > 0 then
    c:u16()
  end
  if level == 5 then
    c:bytes(c:u8())
  end
  local payload = c:rest()
  return not c.bad and topic or nil, payload
end

return M
