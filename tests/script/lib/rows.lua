-- rows: a suite of the script host's interface is a list of rows { "function", "what it does", call, "what comes of it" }.
--
-- The call is given host and port and may wait. What comes of it is written as Lua would write it: `true, "text", nil`; an error as `error: its text`
-- without the position; nothing at all as an empty text. A text that begins with "~ " is a pattern instead. Tables are shown with their keys in order.
local sleep = require "nmap".socket.sleep

local M = {}

local function quoted(text)
  if #text > 200 then
    return ("<%d bytes>"):format(#text)
  end
  return '"' .. text:gsub('()([%c"\\\128-\255])', function(at, c)
    local number = text:find("^%d", at + 1) and "\\%03d" or "\\%d"
    return c == "\n" and "\\n" or c == '"' and '\\"' or c == "\\" and "\\\\" or number:format(c:byte())
  end) .. '"'
end

local show

local function show_table(value)
  local keys, out = {}, {}
  for key in next, value do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    return math.type(a) == math.type(b) and type(a) == type(b) and type(a) ~= "boolean" and a < b or type(a) < type(b)
  end)
  for _, key in ipairs(keys) do
    local name = math.type(key) == "integer" and "" or (type(key) == "string" and key or show(key)) .. "="
    out[#out + 1] = name .. show(value[key])
  end
  return "{" .. table.concat(out, ", ") .. "}"
end

function show(value)
  if type(value) == "string" then
    return quoted(value)
  elseif type(value) == "table" then
    return show_table(value)
  elseif type(value) == "number" or type(value) == "boolean" or type(value) == "nil" then
    return tostring(value)
  end
  return type(value)
end
M.show = show

local function said(ok, ...)
  if not ok then
    local why = ...
    return "error: " .. (type(why) == "string" and why:gsub("^[^\n:]*%.%a+:%d+: ", "") or show(why))
  end
  local out = {}
  for i = 1, select("#", ...) do
    out[i] = show((select(i, ...)))
  end
  return table.concat(out, ", ")
end

local function fits(got, expected)
  local pattern = expected:match("^~ (.*)$")
  if pattern then
    return got:find("^" .. pattern .. "$") ~= nil
  end
  return got == expected
end

local function one_line(text)
  return (text:gsub("[\r\n]", " "))
end

--- Runs the rows. `exported`: the names that must each have a row, and beyond which none may have one.
function M.run(rows, exported, host, port)
  local out, has = {}, {}
  local function tell(fine, name, why)
    out[#out + 1] = (fine and "ok " or "not ok ") .. one_line(name)
    if not fine then
      out[#out + 1] = "    " .. why:gsub("\n", "\n    ")
    end
  end
  for _, row in ipairs(rows) do
    local name, what, call, expected = table.unpack(row)
    local got = said(pcall(call, host, port))
    has[name] = true
    sleep(0) -- what a script may use up is counted between two waits
    tell(fits(got, expected), name .. ": " .. what, "got      " .. got .. "\nexpected " .. expected)
  end
  local known = {}
  for _, name in ipairs(exported) do
    known[name] = true
    if not has[name] then
      tell(false, name .. " has a row", "it is exported, and no row calls it")
    end
  end
  for name in pairs(has) do
    if not known[name] then
      tell(false, name .. " is exported", "rows call it, but the interface does not have it")
    end
  end
  tell(true, ("%d rows for %d names"):format(#rows, #exported), "")
  return table.concat(out, "\n")
end

--- The names in a table, with a prefix.
function M.names(prefix, of, into)
  into = into or {}
  for key in pairs(of) do
    into[#into + 1] = prefix .. tostring(key)
  end
  table.sort(into)
  return into
end

--- The names in a list, with a prefix.
function M.list(prefix, of, into)
  into = into or {}
  for _, name in ipairs(of) do
    into[#into + 1] = prefix .. name
  end
  return into
end

return M
