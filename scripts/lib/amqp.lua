-- amqp: the greeting of AMQP 0-9-1 (its specification, sections 4.2 and 1.4). SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"
local stream = require "stream"

local M = {}

local DEEPEST, MAX_FRAME = 10, 131072
local read_table

-- Field values by their letters, in the order of what is met.
local READ = {
  t = function(c) return c:u8() ~= 0 end,
  b = function(c) return c:u8() end,
  B = function(c) return c:u8() end,
  s = function(c) return c:u16() end,
  u = function(c) return c:u16() end,
  I = function(c) return c:i32() end,
  i = function(c) return c:u32() end,
  l = function(c) return c:u64() end,
  L = function(c) return c:u64() end,
  T = function(c) return c:u64() end,
  f = function(c) return c:bytes(4) end,
  d = function(c) return c:bytes(8) end,
  D = function(c) return c:bytes(5) end,
  S = function(c) return c:counted32() end,
  x = function(c) return c:counted32() end,
  A = function(c) return c:counted32() end,
  V = function() return nil end,
  F = function(c, depth) return read_table(c, depth + 1) end,
}

function read_table(c, depth)
  local part, fields = c:part(c:u32()), {}
  while part:left() > 0 and depth <= DEEPEST do
    local name = part:counted8()
    local read = READ[part:bytes(1)]
    if not read then
      part.bad = true
      break
    end
    fields[name] = read(part, depth)
  end
  if part.bad or depth > DEEPEST then
    c.bad = true
  end
  return fields
end

--- The arguments of connection.start: {major=, minor=, properties=, mechanisms=, locales=}; nil if the payload is none.
function M.parse_start(payload)
  local c = cursor.new(payload)
  if c:u16() ~= 10 or c:u16() ~= 10 then
    return nil
  end
  local start = { major = c:u8(), minor = c:u8(), properties = read_table(c, 1), mechanisms = c:counted32(), locales = c:counted32() }
  return not c.bad and start or nil
end

--- Says which protocol we speak and reads the server's start; nil and the server's own protocol ("AMQP 1.0.0") if it speaks another.
function M.start(host, port)
  local s = stream.open(host, port)
  if not s then
    return nil
  end
  local start, other
  local header = s:ask("AMQP\0\0\9\1", 7)
  if header and header:sub(1, 4) == "AMQP" then
    local rest = s:exactly(1)
    other = rest and ("AMQP %d.%d.%d"):format((header .. rest):byte(6, 8))
  elseif header then
    local kind, _, size = (">BI2I4"):unpack(header)
    local body = kind == 1 and size <= MAX_FRAME and s:exactly(size + 1)
    start = body and body:sub(-1) == "\xCE" and M.parse_start(body:sub(1, -2))
  end
  s:close()
  return start or nil, other
end

return M
