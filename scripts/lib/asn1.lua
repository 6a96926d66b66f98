-- asn1: BER (X.690) as SNMP and LDAP need it. SPDX-License-Identifier: BSD-2-Clause
--
-- Writing: asn1.sequence{...}, asn1.integer(5), asn1.octets("x"), asn1.tagged(0xA0, content) return bytes.
-- Reading: asn1.read(cursor) returns {tag=, body=} (body: bytes), asn1.items(element) a list of what a constructed one holds.
local cursor = require "cursor"

local M = {}

M.TAG = { BOOLEAN = 0x01, INTEGER = 0x02, BITS = 0x03, OCTETS = 0x04, NULL = 0x05, OID = 0x06, ENUMERATED = 0x0A, SEQUENCE = 0x30, SET = 0x31 }
local TAG = M.TAG

local MAX_ITEMS = 1000

-- -------------------------------------------------------------------------------------------------------------------------- writing

local function length(count)
  if count < 0x80 then
    return string.char(count)
  elseif count < 0x100 then
    return "\x81" .. string.char(count)
  elseif count < 0x10000 then
    return "\x82" .. (">I2"):pack(count)
  end
  return "\x84" .. (">I4"):pack(count)
end

--- Any element with a tag of one byte.
function M.tagged(tag, body)
  return string.char(tag) .. length(#body) .. body
end

--- The shortest two's complement form of an integer.
function M.integer(value, tag)
  local bytes = (">i8"):pack(value)
  while #bytes > 1 and (bytes:find("^\0[\0-\127]") or bytes:find("^\255[\128-\255]")) do
    bytes = bytes:sub(2)
  end
  return M.tagged(tag or TAG.INTEGER, bytes)
end

function M.octets(text, tag)
  return M.tagged(tag or TAG.OCTETS, text)
end

function M.boolean(value)
  return M.tagged(TAG.BOOLEAN, value and "\255" or "\0")
end

function M.null()
  return M.tagged(TAG.NULL, "")
end

function M.enumerated(value)
  return M.integer(value, TAG.ENUMERATED)
end

local function base128(value)
  local bytes = string.char(value & 0x7F)
  value = value >> 7
  while value > 0 do
    bytes = string.char(0x80 | value & 0x7F) .. bytes
    value = value >> 7
  end
  return bytes
end

--- "1.3.6.1.2.1.1.1.0"
function M.oid(text)
  local arcs = {}
  for arc in text:gmatch("%d+") do
    arcs[#arcs + 1] = tonumber(arc)
  end
  local body = base128(arcs[1] * 40 + (arcs[2] or 0))
  for i = 3, #arcs do
    body = body .. base128(arcs[i])
  end
  return M.tagged(TAG.OID, body)
end

--- A sequence of elements (bytes), or another constructed element with its tag.
function M.sequence(elements, tag)
  return M.tagged(tag or TAG.SEQUENCE, table.concat(elements))
end

-- -------------------------------------------------------------------------------------------------------------------------- reading

-- The length that follows a tag; nil if it is indefinite or longer than what is there.
local function read_length(c)
  local first = c:u8()
  if first < 0x80 then
    return first
  end
  local count = first & 0x7F
  if count == 0 or count > 4 then
    c.bad = true
    return 0
  end
  local value = 0
  for _ = 1, count do
    value = value << 8 | c:u8()
  end
  return value
end

--- The next element of a cursor; nil if there is none, or a broken one (the cursor is bad then).
function M.read(c)
  if c:left() == 0 then
    return nil
  end
  local tag = c:u8()
  if tag & 0x1F == 0x1F then
    c.bad = true -- tags of more than one byte: neither protocol has any
    return nil
  end
  local body = c:bytes(read_length(c))
  if c.bad then
    return nil
  end
  return { tag = tag, body = body }
end

--- What a constructed element holds, as a list; nil if its bytes are no elements.
function M.items(element)
  if not element or element.tag & 0x20 == 0 then
    return nil
  end
  local c, list = cursor.new(element.body), {}
  while c:left() > 0 do
    local item = M.read(c)
    if not item or #list >= MAX_ITEMS then
      return nil
    end
    list[#list + 1] = item
  end
  return list
end

--- The element that bytes begin with, if it is whole; and how many bytes it has. nil, "more": more bytes are needed.
function M.whole(data)
  local c = cursor.new(data)
  if #data < 2 then
    return nil, "more"
  end
  c:u8()
  local size = read_length(c)
  if c.bad then
    -- A length that is itself cut off wants more; one that is malformed wants an end.
    local count = data:byte(2) & 0x7F
    return nil, count > 0 and count <= 4 and "more" or "bad"
  end
  local total = c.at - 1 + size
  if #data < total then
    return nil, "more", total
  end
  return M.read(cursor.new(data:sub(1, total))), total
end

--- The integer of an element (of any tag); nil if it is none or longer than 8 bytes.
function M.to_integer(element)
  if not element or #element.body == 0 or #element.body > 8 then
    return nil
  end
  return ((">i" .. #element.body):unpack(element.body))
end

--- An unsigned one: SNMP's counters, with or without a leading zero byte.
function M.to_unsigned(element)
  local body = element and element.body:gsub("^\0+", "") or nil
  if not body or #body > 7 then
    return nil
  end
  return #body == 0 and 0 or ((">I" .. #body):unpack(body))
end

--- The text of an object identifier; nil if it is none.
function M.to_oid(element)
  if not element or element.tag ~= TAG.OID or #element.body == 0 then
    return nil
  end
  local arcs, value = {}, 0
  for i = 1, #element.body do
    local byte = element.body:byte(i)
    if value > 0xffffffffff then
      return nil
    end
    value = value << 7 | byte & 0x7F
    if byte < 0x80 then
      if #arcs == 0 then
        local first = math.min(2, value // 40)
        arcs[1], arcs[2] = first, value - first * 40
      else
        arcs[#arcs + 1] = value
      end
      value = 0
    end
  end
  return table.concat(arcs, ".")
end

return M
