-- bson: documents of MongoDB (bsonspec.org 1.1): what commands and replies about a server need. SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"

local M = {}

local DEEPEST, MAX_FIELDS = 20, 2000

--- A document of {name, value} pairs, in order; values: integers (int32), booleans, texts.
function M.encode(pairs_list)
  local out = {}
  for _, pair in ipairs(pairs_list) do
    local name, value = pair[1], pair[2]
    if type(value) == "boolean" then
      out[#out + 1] = "\8" .. name .. "\0" .. (value and "\1" or "\0")
    elseif type(value) == "number" then
      out[#out + 1] = "\16" .. name .. "\0" .. ("<i4"):pack(value)
    else
      out[#out + 1] = "\2" .. name .. "\0" .. ("<s4"):pack(value .. "\0")
    end
  end
  local body = table.concat(out) .. "\0"
  return ("<I4"):pack(#body + 4) .. body
end

local read_document

-- A text with its length before it and NUL behind.
local function read_text(c)
  local size = c:le32()
  local text = c:bytes(size)
  if size < 1 or text:sub(-1) ~= "\0" then
    c.bad = true
    return ""
  end
  return text:sub(1, -2)
end

local function read_double(c)
  local bytes = c:bytes(8)
  return #bytes == 8 and ("<d"):unpack(bytes) or 0
end

local function signed(size)
  return function(c)
    local bytes = c:bytes(size)
    return #bytes == size and ("<i" .. size):unpack(bytes) or 0
  end
end

local READ = {
  [1] = read_double,
  [2] = read_text,
  [3] = function(c, depth) return read_document(c, depth + 1) end,
  [4] = function(c, depth) return read_document(c, depth + 1) end,
  [5] = function(c)
    local size = c:le32()
    c:skip(1)
    return c:bytes(size)
  end,
  [7] = function(c) return c:bytes(12) end,
  [8] = function(c) return c:u8() ~= 0 end,
  [9] = signed(8),
  [10] = function() return nil end,
  [16] = signed(4),
  [17] = function(c) return c:le64() end,
  [18] = signed(8),
}

-- Names and values; arrays have the names "0", "1", ...: those become Lua's 1, 2.
function read_document(c, depth)
  local size = c:le32()
  if depth > DEEPEST or size < 5 or size - 4 > c:left() then
    c.bad = true
    return {}
  end
  local stop, document = c.at + size - 4, {}
  for _ = 1, MAX_FIELDS do
    local kind = c:u8()
    if c.bad or kind == 0 then
      if c.at ~= stop then
        c.bad = true
      end
      return document
    end
    local name, read = c:zero(), READ[kind]
    if not read then
      c.bad = true
      return document
    end
    local index = name:match "^%d+$" and #name < 7 and tonumber(name)
    document[index and index + 1 or name] = read(c, depth)
  end
  c.bad = true
  return document
end

--- A document as a table; nil if it is none.
function M.decode(bytes)
  local c = cursor.new(bytes)
  local document = read_document(c, 1)
  return not c.bad and document or nil
end

return M
