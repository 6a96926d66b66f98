-- iax2: a POKE of IAX2 (RFC 5456) and what answers it. SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"

local M = {}

local FRAME_IAX, POKE, PONG = 6, 30, 3
M.OUR_CALL = 0x2A17

--- A full frame from our call number to none (section 8.1.1).
function M.poke()
  return (">I2I2I4BBBB"):pack(M.OUR_CALL | 0x8000, 0, 0, 0, 0, FRAME_IAX, POKE)
end

--- Is a datagram the PONG to our POKE?
function M.is_pong(data)
  local c = cursor.new(data)
  local source, target = c:u16(), c:u16()
  c:skip(6)
  local kind, subclass = c:u8(), c:u8()
  return not c.bad and source & 0x8000 ~= 0 and target & 0x7FFF == M.OUR_CALL and kind == FRAME_IAX and subclass == PONG
end

return M
