-- redis: commands and replies of RESP 2. SPDX-License-Identifier: BSD-2-Clause
local helper = require "helper"
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

-- -------------------------------------------------------------------------------------------------------------- the field's interface

M.Response = { Type = { STATUS = 0, ERROR = 1, INTEGER = 2, BULK = 3, MULTIBULK = 4 } }
local KIND = { ["+"] = 0, ["-"] = 1, [":"] = 2, ["$"] = 3, ["*"] = 4 }
local MOST_ITEMS = 10000

-- A reply of any kind, in the field's form: lines keep the sign they begin with.
local function any_reply(s)
  local line = s:line(65536)
  local sign, text = (line or ""):match "^([+%-:$*])(.*)$"
  local count = tonumber(text)
  if not sign or (sign == "$" or sign == "*") and not count then
    return nil
  end
  local response = { type = KIND[sign], data = line }
  if sign == ":" then
    response.data = count
  elseif sign == "$" and count < 0 or sign == "*" and count < 0 then
    response.data = nil
  elseif sign == "$" then
    local body = count <= MAX_REPLY and s:exactly(count + 2)
    response.data = body and body:sub(1, count)
    return body and response or nil
  elseif sign == "*" then
    response.data = {}
    for i = 1, count <= MOST_ITEMS and count or 0 do
      local item = any_reply(s)
      if not item or item.type == KIND["*"] then
        return nil
      end
      response.data[i] = item.data
    end
  end
  return response
end

local Helper = helper.class()
M.Helper = Helper

--- Says a command of words: true and {type = (of Response.Type), data =}; false and why.
function Helper:reqCmd(...)
  local response = self.stream and self.stream:send(M.command(...)) and any_reply(self.stream)
  if not response then
    return false, self.stream and self.stream.why or "no reply of Redis"
  end
  return true, response
end

return M
