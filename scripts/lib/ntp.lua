-- ntp: a client's request (RFC 5905) and read-variables of the control protocol (RFC 9327). SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"
local datagram = require "datagram"

local M = {}

local EPOCH = 2208988800 -- seconds from 1900 to 1970

--- A server's reply to mode 3: {seconds=, stratum=, reference=, version=}; nil if it is none.
function M.parse_time(data)
  local c = cursor.new(data)
  local first = c:u8()
  local stratum = c:u8()
  c:skip(10)
  local reference = c:bytes(4)
  c:skip(24)
  local seconds = c:u32()
  if c.bad or first & 7 ~= 4 then
    return nil
  end
  -- Stratum 0 and 1 name their source in letters, others by an address.
  local name = stratum <= 1 and (reference:gsub("%z+$", "")) or ("%d.%d.%d.%d"):format(reference:byte(1, 4))
  -- Era 1 begins in 2036 (RFC 5905, section 6).
  local unix = seconds - EPOCH + (seconds < 0x80000000 and 0x100000000 or 0)
  return { seconds = unix, stratum = stratum, reference = name:find("^[%w%.]+$") and name or nil, version = first >> 3 & 7 }
end

--- What time a server has.
function M.time(host, port)
  return datagram.ask(host, port, "\x23" .. ("\0"):rep(47), M.parse_time)
end

--- A control response: its operation, sequence, offset and data, and whether more follows; nil if it is none.
function M.parse_control(data)
  local c = cursor.new(data)
  local first, second, sequence = c:u8(), c:u8(), c:u16()
  c:skip(4)
  local offset, count = c:u16(), c:u16()
  local text = c:bytes(math.min(count, c:left()))
  if c.bad or first & 7 ~= 6 or second & 0x80 == 0 then
    return nil
  end
  return { failed = second & 0x40 ~= 0, more = second & 0x20 ~= 0, operation = second & 0x1F, sequence = sequence, offset = offset, data = text }
end

--- "a=1, b=\"x, y\"" as a table; names are words.
function M.parse_variables(text)
  local variables, at = {}, 1
  while at <= #text do
    local name, value, after = text:match('^[%s,]*([%w_.]+)%s*=%s*"([^"]*)"()', at)
    if not name then
      name, value, after = text:match("^[%s,]*([%w_.]+)%s*=%s*([^,\r\n]*)()", at)
    end
    if name then
      variables[name] = value
    else
      after = text:match("^[%s,]*[^,]*()", at)
    end
    at = math.max(after or at + 1, at + 1)
  end
  return variables
end

local MOST_FRAGMENTS = 8

--- The system variables of a server; nil if it does not answer control messages.
function M.variables(host, port)
  local request = "\x16\2" .. (">I2I2I2I2I2"):pack(1, 0, 0, 0, 0)
  local pieces, heard = {}, 0
  local whole = datagram.ask(host, port, request, function(data)
    local message = M.parse_control(data)
    if not message or message.operation ~= 2 or message.sequence ~= 1 or message.failed then
      return nil
    end
    heard = heard + 1
    pieces[#pieces + 1] = { at = message.offset, text = message.data }
    return not message.more or heard >= MOST_FRAGMENTS
  end, { most = MOST_FRAGMENTS })
  if not whole and heard == 0 then
    return nil
  end
  table.sort(pieces, function(a, b)
    return a.at < b.at
  end)
  local text = {}
  for i, piece in ipairs(pieces) do
    text[i] = piece.text
  end
  return M.parse_variables(table.concat(text))
end

return M
