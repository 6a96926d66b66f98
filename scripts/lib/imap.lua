-- imap: greeting and abilities of IMAP (RFC 9051). SPDX-License-Identifier: BSD-2-Clause
local helper = require "helper"

local M = {}

local MOST_LINES = 100

local Helper = helper.class()
M.Helper = Helper

local plainly, shut = Helper.connect, Helper.close

--- Connects and hears the greeting: true and it; false and why.
function Helper:connect(socket)
  local ok, why = plainly(self, socket)
  if not ok then
    return false, why
  end
  local line
  line, why = self.stream:line(65536)
  if not line or not line:find "^%* %u+" then
    shut(self)
    return false, why or "no greeting of IMAP"
  end
  return true, line
end

--- Says a command: true and the lines that are told before its end; false and why (its end, if it was not OK).
function Helper:command(text)
  self.count = (self.count or 0) + 1
  local tag, lines = ("A%04d"):format(self.count), {}
  if not self.stream or not self.stream:send(tag .. " " .. text .. "\r\n") then
    return false, "not connected"
  end
  while #lines < MOST_LINES do
    local line, why = self.stream:line(65536)
    if not line then
      return false, why
    end
    local ending = line:match("^" .. tag .. " (.*)$")
    if ending then
      return ending:find "^OK" ~= nil, ending:find "^OK" and lines or ending
    end
    lines[#lines + 1] = line
  end
  return false, "a reply without end"
end

--- True and what the server can do before a login: {IMAP4rev1 = true, ["AUTH=PLAIN"] = true, ...}; false and why.
function Helper:capabilities()
  local ok, lines = self:command "CAPABILITY"
  if not ok then
    return false, lines
  end
  local found = {}
  for _, line in ipairs(lines) do
    for word in (line:match "^%* CAPABILITY (.*)$" or ""):gmatch "%S+" do
      found[word] = true
    end
  end
  return true, found
end

function Helper:close()
  if self.stream then
    self.stream:send "ZZZZ LOGOUT\r\n"
  end
  return shut(self)
end

return M
