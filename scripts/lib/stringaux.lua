-- stringaux: small helpers for strings. SPDX-License-Identifier: BSD-2-Clause
local tconcat = table.concat

local M = {}

--- strjoin(",", {"a", "b"}) is "a,b".
function M.strjoin(delimiter, list)
  return tconcat(list, delimiter)
end

--- The pieces between the matches of a Lua pattern: strsplit(",%s*", "a, b") is {"a", "b"}. A pattern that can match nothing never splits there.
function M.strsplit(pattern, text)
  local list, from, search = {}, 1, 1
  while true do
    local first, last = text:find(pattern, search)
    if not first or first > #text then
      break
    end
    if last < first then
      search = first + 1
    else
      list[#list + 1] = text:sub(from, first - 1)
      from, search = last + 1, last + 1
    end
  end
  list[#list + 1] = text:sub(from)
  return list
end

-- What a file name must not hold anywhere.
local UNSAFE = "[^%w%-%._ ]"

--- A text that is safe as one file name on any system: what is unsafe becomes %XX, and so does a leading dot.
function M.filename_escape(text)
  local function hex(c)
    return ("%%%02X"):format(c:byte())
  end
  return (text:gsub(UNSAFE, hex):gsub("^%.", hex))
end

--- A Lua pattern that finds a text in upper and lower case. Classes (%a) and sets ([a-z]) are kept as they are.
function M.ipattern(pattern)
  local out, i, in_set = {}, 1, false
  while i <= #pattern do
    local c = pattern:sub(i, i)
    if c == "%" then
      out[#out + 1] = pattern:sub(i, i + 1)
      i = i + 1
    elseif in_set then
      in_set = c ~= "]"
      out[#out + 1] = c:match("%a") and c:lower() .. c:upper() or c
    elseif c == "[" then
      in_set = true
      out[#out + 1] = c
    else
      out[#out + 1] = c:match("%a") and "[" .. c:lower() .. c:upper() .. "]" or c
    end
    i = i + 1
  end
  return tconcat(out)
end

return M
