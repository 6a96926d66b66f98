-- redis: commands and replies of RESP 2. SPDX-License-Identifier: BSD-2-Clause
local stream = require "stream"

local M = {}

local MAX_REPLY = 262144

--- A command of words.
function M.command(...)
  local out = { ("*%d\r\n"):format(select("#", ...)) }
  for i = 1, select("#", ...) do
    local word = select(i, ...)
    out[#out + 1] = ("$%d\r\n%s\r\n"):format(#word, word)
  end
  return table.concat(out)
end

--- A reply that is a line or one text: the kind ("+", "-", ":", "$") and the text; nil if none comes, or another kind.
function M.reply(s)
  local line = s:line()
  local kind, text = (line or ""):match "^([+%-:$])(.*)$"
  if kind ~= "$" then
    return kind, text
  end
  local size = tonumber(text)
  if not size or size < 0 or size > MAX_REPLY then
    return nil
  end
  local body = s:exactly(size + 2)
  if not body then
    return nil
  end
  return "$", body:sub(1, size)
end

--- The lines of INFO as a table; nil and true if the server wants a login (or has no such command).
function M.info(host, port)
  local s = stream.open(host, port)
  if not s then
    return nil
  end
  local kind, text
  if s:send(M.command "INFO") then
    kind, text = M.reply(s)
  end
  s:close()
  if kind == "-" and (text:find "^NOAUTH" or text:find "^NOPERM" or text:find "^DENIED") then
    return nil, true
  elseif kind ~= "$" then
    return nil
  end
  local info = {}
  for line in text:gmatch "[^\r\n]+" do
    local name, value = line:match "^([%w_]+):(.*)$"
    if name then
      info[name] = value
    end
  end
  return next(info) and info or nil
end

return M
