-- json: RFC 8259. SPDX-License-Identifier: BSD-2-Clause
--
--   local ok, value = json.parse(text)      null is json.NULL; arrays and objects remember what they were (json.typeof)
--   local text = json.generate(value)
local M = {}

local DEEPEST = 200 -- nested arrays and objects, read and written

--- What stands for null.
M.NULL = setmetatable({}, {
  __tostring = function()
    return "null"
  end,
})

local ARRAY, OBJECT = { __name = "json array" }, { __name = "json object" }

--- Says that a table is an array or an object when it is written; an empty table is an object otherwise.
function M.make_array(t)
  return setmetatable(t or {}, ARRAY)
end

function M.make_object(t)
  return setmetatable(t or {}, OBJECT)
end

--- "null", "array", "object", or what Lua calls it.
function M.typeof(value)
  if value == M.NULL or value == nil then
    return "null"
  end
  if type(value) ~= "table" then
    return type(value)
  end
  local meta = getmetatable(value)
  if meta == ARRAY then
    return "array"
  elseif meta == OBJECT then
    return "object"
  end
  return (#value > 0 and next(value, #value) == nil) and "array" or "object"
end

-- -------------------------------------------------------------------------------------------------------------------------- reading

local ESCAPE = { ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

local function fail(at, what)
  error({ json = ("%s at byte %d"):format(what, at) }, 0)
end

local function skip(text, at)
  return text:find("[^ \t\r\n]", at) or #text + 1
end

-- \uXXXX at `at` (which points to the u): the code point and where it goes on. Two surrogates are one character.
local function unicode(text, at)
  local high = text:match("^u(%x%x%x%x)", at)
  if not high then
    fail(at, "a bad \\u escape")
  end
  local code, following = tonumber(high, 16), at + 5
  if code >= 0xD800 and code < 0xDC00 then
    local low = text:match("^\\u([dD][c-fC-F]%x%x)", following)
    if low then
      return 0x10000 + (code - 0xD800 << 10) + tonumber(low, 16) - 0xDC00, following + 6
    end
  end
  return code, following
end

local function read_string(text, at)
  local pieces, from = {}, at + 1
  while true do
    local stop = text:find('["\\%c]', from)
    if not stop then
      fail(at, "a string without end")
    end
    pieces[#pieces + 1] = text:sub(from, stop - 1)
    local c = text:sub(stop, stop)
    if c == '"' then
      return table.concat(pieces), stop + 1
    elseif c == "\\" then
      local letter = text:sub(stop + 1, stop + 1)
      if letter == "u" then
        local code
        code, from = unicode(text, stop + 1)
        pieces[#pieces + 1] = utf8.char(code)
      elseif ESCAPE[letter] then
        pieces[#pieces + 1], from = ESCAPE[letter], stop + 2
      else
        fail(stop, "an unknown escape")
      end
    elseif c:byte() == 127 then
      pieces[#pieces + 1], from = c, stop + 1
    else
      fail(stop, "a control character in a string")
    end
  end
end

local function read_number(text, at)
  local digits = text:match("^-?%d+%.?%d*[eE]?[+-]?%d*", at)
  if not digits or digits:find("^-?0%d") or digits:find("%.$") or digits:find("%.[eE]") then
    fail(at, "a bad number")
  end
  local value = tonumber(digits)
  if not value then
    fail(at, "a bad number")
  end
  return value, at + #digits
end

local WORDS = { ["true"] = true, ["false"] = false, null = M.NULL }
local read_value

local function read_array(text, at, depth)
  local list = M.make_array {}
  at = skip(text, at + 1)
  if text:sub(at, at) == "]" then
    return list, at + 1
  end
  while true do
    list[#list + 1], at = read_value(text, at, depth + 1)
    at = skip(text, at)
    local c = text:sub(at, at)
    if c == "]" then
      return list, at + 1
    elseif c ~= "," then
      fail(at, "no comma or bracket")
    end
    at = at + 1
  end
end

local function read_object(text, at, depth)
  local object = M.make_object {}
  at = skip(text, at + 1)
  if text:sub(at, at) == "}" then
    return object, at + 1
  end
  while true do
    at = skip(text, at)
    if text:sub(at, at) ~= '"' then
      fail(at, "no name")
    end
    local name, value
    name, at = read_string(text, at)
    at = skip(text, at)
    if text:sub(at, at) ~= ":" then
      fail(at, "no colon")
    end
    value, at = read_value(text, at + 1, depth + 1)
    rawset(object, name, value)
    at = skip(text, at)
    local c = text:sub(at, at)
    if c == "}" then
      return object, at + 1
    elseif c ~= "," then
      fail(at, "no comma or brace")
    end
    at = at + 1
  end
end

function read_value(text, at, depth)
  if depth > DEEPEST then
    fail(at, "nested too deep")
  end
  at = skip(text, at)
  local c = text:sub(at, at)
  if c == "{" then
    return read_object(text, at, depth)
  elseif c == "[" then
    return read_array(text, at, depth)
  elseif c == '"' then
    return read_string(text, at)
  elseif c:find("[-%d]") then
    return read_number(text, at)
  end
  local word = text:match("^%l+", at)
  if word == nil or WORDS[word] == nil then
    fail(at, "no value")
  end
  return WORDS[word], at + #word
end

--- true and the value; or false and what is wrong where.
function M.parse(text)
  if type(text) ~= "string" then
    return false, "not a text"
  end
  local ok, value, at = pcall(read_value, text, 1, 1)
  if not ok then
    return false, "syntax error: " .. (type(value) == "table" and value.json or tostring(value))
  end
  at = skip(text, at)
  if at <= #text then
    return false, ("syntax error: something after the end at byte %d"):format(at)
  end
  return true, value
end

-- -------------------------------------------------------------------------------------------------------------------------- writing

local WRITTEN = { ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function write_string(text)
  return '"' .. text:gsub('[%c"\\]', function(c)
    return WRITTEN[c] or ("\\u%04x"):format(c:byte())
  end) .. '"'
end

local function write_number(value)
  if value ~= value or value == math.huge or value == -math.huge then
    error("JSON has no such number: " .. tostring(value), 0)
  end
  return math.type(value) == "integer" and tostring(value) or ("%.14g"):format(value)
end

local function write_value(value, depth)
  if depth > DEEPEST then
    error("nested too deep for JSON", 0)
  end
  local kind = M.typeof(value)
  if kind == "null" then
    return "null"
  elseif kind == "string" then
    return write_string(value)
  elseif kind == "number" then
    return write_number(value)
  elseif kind == "boolean" then
    return tostring(value)
  elseif kind == "array" then
    local pieces = {}
    for i, item in ipairs(value) do
      pieces[i] = write_value(item, depth + 1)
    end
    return "[" .. table.concat(pieces, ", ") .. "]"
  elseif kind == "object" then
    local pieces = {}
    for name, item in pairs(value) do
      pieces[#pieces + 1] = write_string(tostring(name)) .. ": " .. write_value(item, depth + 1)
    end
    table.sort(pieces)
    return "{" .. table.concat(pieces, ", ") .. "}"
  end
  error("JSON cannot hold a " .. kind, 0)
end

--- The text of a value, names sorted. What JSON cannot hold is an error.
function M.generate(value)
  return write_value(value, 1)
end

return M
