-- idna: host names beyond ASCII (RFC 3490's operations, RFC 5891's form). SPDX-License-Identifier: BSD-2-Clause
--
-- Light: names are expected as users write them (NFC); upper case is folded only in ASCII. There is no table of forbidden characters.
local punycode = require "punycode"

local M = {}

local function each_label(name, work)
  local out = {}
  for label in (name .. "."):gmatch("([^.]*)%.") do
    local done, why = work(label)
    if not done then
      return nil, why
    end
    out[#out + 1] = done
  end
  return table.concat(out, ".")
end

--- UTF-8 to ASCII. The full stops of other scripts count as dots, too.
function M.toASCII(name)
  name = name:gsub("\u{3002}", "."):gsub("\u{FF0E}", "."):gsub("\u{FF61}", ".")
  return each_label(name, function(label)
    local ascii = label:find("[\128-\255]") and "xn--" .. punycode.encode_input(label:lower()) or label
    if #ascii > 63 then
      return nil, "a label of more than 63 bytes"
    end
    return ascii
  end)
end

--- ASCII to UTF-8; a label that cannot be read stays as it is.
function M.toUnicode(name)
  return each_label(name, function(label)
    local coded = label:match("^[Xx][Nn]%-%-(.*)$")
    return coded and punycode.decode_input(coded) or label
  end)
end

return M
