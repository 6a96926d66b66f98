-- rdp: the negotiation of security that begins RDP ([MS-RDPBCGR] 2.2.1.1, 2.2.1.2). SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"
local stream = require "stream"

local M = {}

-- Requested and selected protocols; 0 is RDP's own encryption.
M.PROTOCOL = { [0] = "RDP", [1] = "TLS", [2] = "CredSSP (NLA)", [4] = "RDSTLS", [8] = "CredSSP with early user authorization", [16] = "RDS AAD" }
M.FAILURE = { [1] = "TLS is required", [2] = "TLS is not allowed", [3] = "the server has no certificate", [4] = "the flags are inconsistent", [5] = "CredSSP is required",
  [6] = "TLS with a user certificate is required" }

--- A connection request that asks for protocols (bits).
function M.request(protocols)
  local negotiation = ("<BBI2I4"):pack(1, 0, 8, protocols)
  local x224 = (">BI2I2B"):pack(0xE0, 0, 0, 0) .. negotiation
  x224 = string.char(#x224) .. x224
  return (">BBI2"):pack(3, 0, #x224 + 4) .. x224
end

--- The answer of a whole TPKT: {selected=} or {failure=}; {selected=0} of a server that knows no negotiation; nil if it is none.
function M.parse(packet)
  local c = cursor.new(packet)
  if c:u8() ~= 3 then
    return nil
  end
  c:skip(3)
  local length, kind = c:u8(), c:u8()
  c:skip(5)
  if c.bad or kind & 0xF0 ~= 0xD0 or length < 6 then
    return nil
  end
  if c:left() < 8 then
    return { selected = 0, old = true }
  end
  local what, flags = c:u8(), c:u8()
  c:skip(2)
  local value = c:le32()
  if what == 2 then
    return { selected = value, flags = flags }
  elseif what == 3 then
    return { failure = value }
  end
  return nil
end

--- Asks for protocols; nil if no answer came that is one.
function M.negotiate(host, port, protocols)
  local s, why = stream.open(host, port, { proto = "tcp" })
  if not s then
    return nil, why
  end
  local answer
  local header = s:ask(M.request(protocols), 4)
  if header and header:byte(1) == 3 then
    local size = (">I2"):unpack(header, 3)
    local rest = size >= 11 and size <= 512 and s:exactly(size - 4)
    answer = rest and M.parse(header .. rest)
  end
  s:close()
  return answer
end

return M
