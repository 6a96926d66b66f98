-- strbuf: a list of texts that is joined once, at the end. SPDX-License-Identifier: BSD-2-Clause
local M = {}
local Buffer = {}
Buffer.__index = Buffer

local function is_buffer(x)
  return getmetatable(x) == Buffer
end

--- A new buffer; the arguments are its first pieces.
function M.new(...)
  return setmetatable({ ... }, Buffer)
end

--- Appends a text, number or another buffer's pieces; returns the buffer.
function M.concatbuf(buffer, piece)
  if not is_buffer(buffer) then
    error("bad #1 operand to strbuf concat operation", 2)
  end
  if is_buffer(piece) then
    -- A copy of the count: a buffer may be appended to itself.
    for i = 1, #piece do
      buffer[#buffer + 1] = piece[i]
    end
  elseif type(piece) == "string" or type(piece) == "number" then
    buffer[#buffer + 1] = tostring(piece)
  else
    error("bad #2 operand to strbuf concat operation", 2)
  end
  return buffer
end

--- Do two buffers hold the same pieces?
function M.eqbuf(a, b)
  if not is_buffer(a) or not is_buffer(b) then
    error("one or more operands is not a string buffer", 2)
  end
  if #a ~= #b then
    return false
  end
  for i = 1, #a do
    if a[i] ~= b[i] then
      return false
    end
  end
  return true
end

--- Forgets all pieces.
function M.clear(buffer)
  for i = #buffer, 1, -1 do
    buffer[i] = nil
  end
end

--- All pieces as one text, with a delimiter between them (default: none).
function M.dump(buffer, delimiter)
  return table.concat(buffer, delimiter or "")
end

Buffer.__concat = M.concatbuf
Buffer.__eq = M.eqbuf
Buffer.__tostring = M.dump
Buffer.concat = M.concatbuf
Buffer.clear = M.clear
Buffer.dump = M.dump

return M
