-- base32: RFC 4648, sections 6 and 7. SPDX-License-Identifier: BSD-2-Clause
local radix = require "radix"

local M = {}

local STANDARD = radix.new("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5, 8)
local EXTENDED = radix.new("0123456789ABCDEFGHIJKLMNOPQRSTUV", 5, 8)

--- Encodes bytes; hexExtend: with the alphabet whose order is that of the bytes.
function M.enc(data, hexExtend)
  return (hexExtend and EXTENDED or STANDARD).enc(data)
end

--- Decodes a text of either case.
function M.dec(text, hexExtend)
  return (hexExtend and EXTENDED or STANDARD).dec(text:upper())
end

return M
