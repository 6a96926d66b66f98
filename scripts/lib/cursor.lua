-- cursor: reads the bytes of a peer, in order, and never beyond their end. SPDX-License-Identifier: BSD-2-Clause
--
-- What cannot be read is 0 or "", and the cursor is `bad` from then on: a decoder reads all that it expects and asks once, at the end.
-- Counts that the peer sent are safe to use: a bad cursor reads nothing more, and `bytes` never makes more than there is.
local M = {}
local Cursor = {}
Cursor.__index = Cursor

--- A cursor over a text, from a position on (default: 1).
function M.new(data, at)
  return setmetatable({ data = data, at = at or 1, bad = false }, Cursor)
end

--- How many bytes are left.
function Cursor:left()
  return self.bad and 0 or #self.data - self.at + 1
end

local function number(format, size)
  return function(self)
    if self.bad or #self.data - self.at + 1 < size then
      self.bad = true
      return 0
    end
    local value = format:unpack(self.data, self.at)
    self.at = self.at + size
    return value
  end
end

-- Names as u16 (network order) and le16 (little endian).
for size, suffix in pairs { [1] = "8", [2] = "16", [3] = "24", [4] = "32", [8] = "64" } do
  Cursor["u" .. suffix] = number(">I" .. size, size)
  Cursor["le" .. suffix] = number("<I" .. size, size)
end
Cursor.i32 = number(">i4", 4)

--- So many bytes.
function Cursor:bytes(count)
  if self.bad or count < 0 or count > #self.data - self.at + 1 then
    self.bad = true
    return ""
  end
  local piece = self.data:sub(self.at, self.at + count - 1)
  self.at = self.at + count
  return piece
end

function Cursor:skip(count)
  if self.bad or count < 0 or count > #self.data - self.at + 1 then
    self.bad = true
    return
  end
  self.at = self.at + count
end

--- All that is left.
function Cursor:rest()
  return self:bytes(self:left())
end

--- A text that ends with NUL (which is read, too).
function Cursor:zero()
  local stop = not self.bad and self.data:find("\0", self.at, true)
  if not stop then
    self.bad = true
    return ""
  end
  local piece = self.data:sub(self.at, stop - 1)
  self.at = stop + 1
  return piece
end

--- A cursor over the next `count` bytes, which are read by that.
function Cursor:part(count)
  local part = M.new(self:bytes(count))
  part.bad = self.bad
  return part
end

--- Bytes with their length before them, in 1, 2, 3 or 4 bytes of network order.
function Cursor:counted8()
  return self:bytes(self:u8())
end

function Cursor:counted16()
  return self:bytes(self:u16())
end

function Cursor:counted24()
  return self:bytes(self:u24())
end

function Cursor:counted32()
  return self:bytes(self:u32())
end

return M
