-- radix: bytes as texts of an alphabet whose digits stand for a few bits each (RFC 4648). SPDX-License-Identifier: BSD-2-Clause
local M = {}

--- A code: its alphabet, bits a digit, digits a group (to which "=" fills up), and further digits that are understood ({[text] = value}).
-- {enc = function(bytes), dec = function(text)}: what is no digit (blanks, line ends) is passed over; decoding ends at the first "=".
function M.new(alphabet, width, group, further)
  local digit, value, mask = {}, {}, (1 << width) - 1
  for i = 1, #alphabet do
    digit[i - 1], value[alphabet:byte(i)] = alphabet:sub(i, i), i - 1
  end
  for text, number in pairs(further or {}) do
    value[text:byte()] = number
  end
  local code = {}

  function code.enc(data)
    local out, bits, count = {}, 0, 0
    for i = 1, #data do
      bits, count = (bits << 8 | data:byte(i)) & 0xffff, count + 8
      while count >= width do
        count = count - width
        out[#out + 1] = digit[bits >> count & mask]
      end
    end
    if count > 0 then
      out[#out + 1] = digit[bits << (width - count) & mask]
    end
    return table.concat(out) .. ("="):rep(-#out % group)
  end

  function code.dec(text)
    local out, bits, count = {}, 0, 0
    for i = 1, (text:find("=", 1, true) or #text + 1) - 1 do
      local number = value[text:byte(i)]
      if number then
        bits, count = (bits << width | number) & 0xffff, count + width
        if count >= 8 then
          count = count - 8
          out[#out + 1] = string.char(bits >> count & 255)
        end
      end
    end
    return table.concat(out)
  end

  return code
end

return M
