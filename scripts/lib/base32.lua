-- base32: RFC 4648, sections 6 and 7. SPDX-License-Identifier: BSD-2-Clause
local M = {}

local STANDARD, EXTENDED = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHIJKLMNOPQRSTUV"

--- Encodes bytes; hexExtend: the alphabet whose order is that of the bytes.
function M.enc(data, hexExtend)
  local alphabet = hexExtend and EXTENDED or STANDARD
  local out, bits, count = {}, 0, 0
  local function put(value)
    out[#out + 1] = alphabet:sub(value + 1, value + 1)
  end
  for i = 1, #data do
    bits, count = (bits << 8 | data:byte(i)) & 0xffff, count + 8
    while count >= 5 do
      count = count - 5
      put(bits >> count & 31)
    end
  end
  if count > 0 then
    put(bits << (5 - count) & 31)
  end
  return table.concat(out) .. ("="):rep(-#out % 8)
end

--- Decodes a text of either case; what is no digit is passed over.
function M.dec(text, hexExtend)
  local alphabet = hexExtend and EXTENDED or STANDARD
  local value = {}
  for i = 1, 32 do
    value[alphabet:byte(i)] = i - 1
  end
  local out, bits, count = {}, 0, 0
  for i = 1, #text do
    local digit = value[text:sub(i, i):upper():byte()]
    if digit then
      bits, count = (bits << 5 | digit) & 0xffff, count + 5
      if count >= 8 then
        count = count - 8
        out[#out + 1] = string.char(bits >> count & 255)
      end
    end
  end
  return table.concat(out)
end

return M
