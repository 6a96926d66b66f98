-- openvpn: the first packet of OpenVPN's control channel and the server's answer (as its wire protocol is documented).
-- SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"

local M = {}

-- Opcodes stand in the upper five bits of the first byte.
local CLIENT_V2, SERVER_V2 = 7, 8

--- A hard reset of a client, with a session id of eight bytes and nothing to acknowledge.
function M.reset(session)
  return string.char(CLIENT_V2 << 3) .. session .. "\0" .. (">I4"):pack(0)
end

--- Does a packet answer our reset? The server acknowledges it and repeats our session id: nothing else does that.
function M.answers(packet, session)
  local c = cursor.new(packet)
  local opcode = c:u8() >> 3
  c:skip(8)
  local count = c:u8()
  if c.bad or opcode ~= SERVER_V2 or count < 1 or count > 8 then
    return false
  end
  c:skip(4 * count)
  return c:bytes(8) == session and not c.bad
end

return M
