-- base64: RFC 4648, section 4. SPDX-License-Identifier: BSD-2-Clause
local M = {}

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local DIGIT, VALUE = {}, {}
for i = 0, 63 do
  local c = ALPHABET:sub(i + 1, i + 1)
  DIGIT[i], VALUE[c:byte()] = c, i
end
-- The alphabet of section 5 is understood, too.
VALUE[("-"):byte()], VALUE[("_"):byte()] = 62, 63

--- Encodes bytes.
function M.enc(data)
  local out = {}
  for i = 1, #data, 3 do
    local a, b, c = data:byte(i, i + 2)
    local bits = a << 16 | (b or 0) << 8 | (c or 0)
    out[#out + 1] = DIGIT[bits >> 18] .. DIGIT[bits >> 12 & 63] .. (b and DIGIT[bits >> 6 & 63] or "=") .. (c and DIGIT[bits & 63] or "=")
  end
  return table.concat(out)
end

--- Decodes a text. What is no digit (blanks, line ends) is passed over; decoding ends at the first "=".
function M.dec(text)
  local out, bits, count = {}, 0, 0
  for i = 1, #text do
    local c = text:byte(i)
    if c == 61 then
      break
    end
    local value = VALUE[c]
    if value then
      bits, count = (bits << 6 | value) & 0xffffff, count + 6
      if count >= 8 then
        count = count - 8
        out[#out + 1] = string.char(bits >> count & 255)
      end
    end
  end
  return table.concat(out)
end

return M
