-- stream: a connection of which exact pieces are read, with a limit on each. SPDX-License-Identifier: BSD-2-Clause
--
--   local s, why = stream.open(host, port)
--   local header = s:ask(request, 4)      -- says something, then exactly 4 bytes; nil if they did not come
--   s:close()
local comm = require "comm"

local M = {}
local Stream = {}
Stream.__index = Stream

local MOST = 1024 * 1024 -- of one piece

--- A connected socket, and what was read from it already.
function M.of(socket, early)
  return setmetatable({ socket = socket, buffer = early or "" }, Stream)
end

--- Connects (inside TLS where version detection found it); options as in comm. nil and why on failure.
function M.open(host, port, opts)
  local socket, why = comm.opencon(host, port, nil, opts)
  if not socket then
    return nil, why
  end
  return M.of(socket)
end

--- Reads once more; false when nothing came (self.why says why).
function Stream:more()
  local ok, data = self.socket:receive()
  if not ok then
    self.why = data
    return false
  end
  self.buffer = self.buffer .. data
  return true
end

--- At most so many bytes: fewer if the peer ended, or was silent, before.
function Stream:atmost(count)
  local pieces, have = { self.buffer }, #self.buffer
  while have < count do
    local ok, data = self.socket:receive()
    if not ok then
      self.why = data
      break
    end
    -- Joined once: a body that comes byte by byte must not cost its square.
    pieces[#pieces + 1] = data
    have = have + #data
  end
  local all = table.concat(pieces)
  self.buffer = all:sub(count + 1)
  return all:sub(1, count)
end

--- Exactly so many bytes; nil if they do not come, or are more than a piece may have.
function Stream:exactly(count)
  if count < 0 or count > MOST then
    self.why = "a length beyond all measure"
    return nil
  end
  local data = self:atmost(count)
  if #data < count then
    self.buffer = data .. self.buffer
    return nil
  end
  return data
end

--- A line without its end (LF or CR LF), of at most `most` bytes (default 4096); nil and why.
function Stream:line(most)
  most = most or 4096
  local from = 1
  while true do
    local stop = self.buffer:find("\n", from, true)
    if stop then
      local text = self.buffer:sub(1, stop - 1):gsub("\r$", "")
      self.buffer = self.buffer:sub(stop + 1)
      return text
    end
    if #self.buffer > most then
      self.why = "a line without end"
      return nil, self.why
    end
    from = #self.buffer + 1
    if not self:more() then
      return nil, self.why
    end
  end
end

--- All up to and with a text, of at most `most` bytes (default 65536); nil if it does not come.
function Stream:through(ending, most)
  local from = 1
  while true do
    local _, stop = self.buffer:find(ending, from, true)
    if stop then
      local text = self.buffer:sub(1, stop)
      self.buffer = self.buffer:sub(stop + 1)
      return text
    end
    if #self.buffer > (most or 65536) then
      self.why = "too much"
      return nil
    end
    from = math.max(1, #self.buffer - #ending + 2)
    if not self:more() then
      return nil
    end
  end
end

--- Whatever is there, or comes next; nil if nothing does.
function Stream:any()
  if self.buffer == "" and not self:more() then
    return nil
  end
  local data = self.buffer
  self.buffer = ""
  return data
end

--- Says something; false if it could not be said.
function Stream:send(data)
  local ok, why = self.socket:send(data)
  if not ok then
    self.why = why
  end
  return ok and true or false
end

--- Says something and reads exactly so many bytes (none given: whatever comes); nil if they do not come.
function Stream:ask(data, count)
  if not self:send(data) then
    return nil
  end
  if count then
    return self:exactly(count)
  end
  return self:any()
end

function Stream:close()
  self.socket:close()
end

return M
