-- nsedebug: for who writes scripts: what is in a value. SPDX-License-Identifier: BSD-2-Clause
local M = {}

--- A value as text, tables with their contents (at most eight levels).
function M.tostr(value, depth)
  depth = depth or 0
  if type(value) ~= "table" or depth > 8 then
    return tostring(value) .. "\n"
  end
  local blanks, lines = ("  "):rep(depth), {}
  for k, v in pairs(value) do
    lines[#lines + 1] = ("%s%s: %s"):format(blanks, tostring(k), type(v) == "table" and "\n" .. M.tostr(v, depth + 1) or tostring(v) .. "\n")
  end
  table.sort(lines)
  return table.concat(lines)
end

--- Bytes as lines of offset, hex and text.
function M.hexdump(bytes)
  local lines = {}
  for at = 1, #bytes, 16 do
    local piece = bytes:sub(at, at + 15)
    local hex = piece:gsub(".", function(c)
      return ("%02x "):format(c:byte())
    end)
    lines[#lines + 1] = ("%08x  %-48s  %s"):format(at - 1, hex, (piece:gsub("[^\32-\126]", ".")))
  end
  return table.concat(lines, "\n")
end

function M.print_hex(bytes)
  require("stdnse").debug(1, "%s", "\n" .. M.hexdump(bytes))
end

function M.print_stack(depth)
  require("stdnse").debug(1, "%s", debug.traceback("", depth or 2))
end

--- Is a value in a table?
function M.hasValue(t, value)
  return (require("tableaux").contains(t, value))
end

return M
