-- stdnse: what nearly every script needs: messages, arguments, output, times. SPDX-License-Identifier: BSD-2-Clause
--
-- The host adds the functions that know the running script (silent_require, new_thread, base, gettid, isworker) and replaces the
-- stubs getid, getinfo and gethostport below (host interface, section 1.7).
local datetime = require "datetime"
local nmap = require "nmap"
local stringaux = require "stringaux"
local tableaux = require "tableaux"

local M = {}

-- ---------------------------------------------------------------------------------------------------------------- stubs for the host

function M.getid() end
function M.getinfo() end
function M.gethostport() end

--- Waits for seconds (fractions are kept to the millisecond) and lets others run.
M.sleep = nmap.socket.sleep

-- ------------------------------------------------------------------------------------------------------------------------- messages

-- "[script host:port] ", as far as known.
local function place()
  local id = M.getid()
  if not id then
    return ""
  end
  local host, port = M.gethostport()
  local text = id
  if host then
    text = text .. " " .. tostring(host.ip)
    if port then
      text = text .. ":" .. tostring(port.number)
    end
  end
  return "[" .. text .. "] "
end

local function say(limit, level, format, ...)
  if type(level) ~= "number" then
    return say(limit, 1, level, format, ...)
  end
  if level > limit then
    return
  end
  local text = select("#", ...) > 0 and tostring(format):format(...) or tostring(format)
  nmap.log_write("stdout", place() .. text)
end

--- debug([level,] format, ...): a line for who looks for a fault (-d). The level is 1 when left out.
function M.debug(...)
  say(nmap.debugging(), ...)
end

--- verbose([level,] format, ...): a line for who wants to know more (-v).
function M.verbose(...)
  say(nmap.verbosity(), ...)
end

for level = 1, 5 do
  M["debug" .. level] = function(...)
    say(nmap.debugging(), level, ...)
  end
  M["verbose" .. level] = function(...)
    say(nmap.verbosity(), level, ...)
  end
end
M.print_debug = M.debug
M.print_verbose = M.verbose

-- ------------------------------------------------------------------------------------------------------------------------ arguments

-- One name: as it is, as a bare word among the arguments (then 1), then the same for what follows its last dot.
local function argument(args, name)
  local words = {}
  for _, word in ipairs(args) do
    if type(word) == "string" then
      words[word] = true
    end
  end
  for _, key in ipairs { name, name:match("%.([^.]*)$") } do
    if args[key] ~= nil then
      return args[key]
    end
    if words[key] then
      return 1
    end
  end
  return nil
end

--- get_script_args(name, ...): the values of the script arguments of these names, nil for those not given.
-- A name may also be a list of names: the first that is given counts.
function M.get_script_args(...)
  local args = nmap.registry.args or {}
  local values, count = {}, select("#", ...)
  for i = 1, count do
    local names = select(i, ...)
    for _, name in ipairs(type(names) == "table" and names or { names }) do
      if values[i] == nil then
        values[i] = argument(args, name)
      end
    end
  end
  return table.unpack(values, 1, count)
end

-- --------------------------------------------------------------------------------------------------------------------------- output

-- A table that remembers the order in which its keys were first given.
local function ordered_meta()
  local values, order, place_of = {}, {}, {}
  local meta = {}

  local function forget(key)
    local at = place_of[key]
    table.remove(order, at)
    place_of[key], values[key] = nil, nil
    for i = at, #order do
      place_of[order[i]] = i
    end
  end

  function meta.__newindex(_, key, value)
    if value == nil then
      if place_of[key] then
        forget(key)
      end
      return
    end
    if not place_of[key] then
      order[#order + 1] = key
      place_of[key] = #order
    end
    values[key] = value
  end

  function meta.__index(_, key)
    return values[key]
  end

  -- Not the caller's table but `values` is walked; a key may be deleted while one walks.
  function meta.__pairs(self)
    local function step(_, key)
      local at = key == nil and 0 or place_of[key]
      if not at then
        error("key is gone: the table was changed while it was walked", 2)
      end
      local following = order[at + 1]
      if following ~= nil then
        return following, values[following]
      end
    end
    return step, self, nil
  end

  function meta.__len()
    return #order
  end

  -- t(): the same as pairs(t).
  function meta.__call(self)
    return meta.__pairs(self)
  end
  return meta
end

--- A table for the output that keeps the order of its keys. An integer key works, too; #t is the number of all keys.
function M.output_table()
  return setmetatable({}, ordered_meta())
end

local function indented(lines, data, depth)
  local blanks = ("  "):rep(depth)
  for _, item in ipairs(data) do
    if type(item) == "table" then
      if item.name then
        lines[#lines + 1] = blanks .. tostring(item.name)
      end
      if item.warning and nmap.debugging() >= 1 then
        lines[#lines + 1] = blanks .. "  WARNING: " .. tostring(item.warning)
      end
      indented(lines, item, depth + 1)
    else
      for _, line in ipairs(stringaux.strsplit("\r?\n", tostring(item))) do
        lines[#lines + 1] = blanks .. line
      end
    end
  end
end

--- format_output(status, data): nested arrays as indented lines; a table's `name` is its heading.
-- status false: the data is the reason of a failure, told only with -d.
function M.format_output(status, data)
  if type(data) ~= "table" then
    data = { data }
  end
  if not status then
    if nmap.debugging() < 1 then
      return nil
    end
    data = { "ERROR: " .. tostring(data[1] or "unknown") }
  end
  if #data == 0 then
    return nil
  end
  local lines = { data.name and tostring(data.name) or nil }
  indented(lines, data, 1)
  -- A table that has names only says nothing here.
  return #lines > 0 and "\n" .. table.concat(lines, "\n") .. "\n" or nil
end

--- Writes a value as Lua would write it, a line a call of `printer` (default: standard output of the log).
function M.pretty_printer(value, printer)
  printer = printer or function(text)
    nmap.log_write("stdout", text)
  end
  local function show(v, depth, key, comma)
    local before = ("  "):rep(depth) .. (key and key .. " = " or "")
    if type(v) ~= "table" then
      printer(before .. (type(v) == "string" and ("%q"):format(v) or tostring(v)) .. comma .. "\n")
      return
    end
    printer(before .. "{\n")
    local keys = tableaux.keys(v)
    table.sort(keys, function(a, b)
      local ta, tb = type(a), type(b)
      if ta ~= tb then
        return ta < tb
      end
      return (ta == "number" or ta == "string") and a < b
    end)
    for _, k in ipairs(keys) do
      local name = type(k) == "string" and k:match("^[%a_][%w_]*$") or "[" .. (type(k) == "string" and ("%q"):format(k) or tostring(k)) .. "]"
      show(v[k], depth + 1, name, ",")
    end
    printer(("  "):rep(depth) .. "}" .. comma .. "\n")
  end
  show(value, 0, nil, "")
end

-- ------------------------------------------------------------------------------------------------------------------- texts and bytes

--- tohex("ab"), tohex(171): "6162", "ab". Options: separator, group (digits between separators, default 2).
function M.tohex(value, options)
  options = options or {}
  local hex
  if type(value) == "number" then
    hex = ("%x"):format(value)
  else
    hex = value:gsub(".", function(c)
      return ("%02x"):format(c:byte())
    end)
  end
  if not options.separator then
    return hex
  end
  local group, pieces = options.group or 2, {}
  -- Groups are counted from the right, so that numbers read as usual.
  for last = #hex, 1, -group do
    table.insert(pieces, 1, hex:sub(math.max(1, last - group + 1), last))
  end
  return table.concat(pieces, options.separator)
end

--- The bytes of a text of hex digits; blanks and colons between bytes are allowed. nil and a reason if it is none.
function M.fromhex(text)
  local digits = text:gsub("[%s:]", "")
  if #digits % 2 ~= 0 then
    return nil, "the number of hex digits is odd"
  end
  if digits:find("%X") then
    return nil, "not a hex digit"
  end
  return (digits:gsub("%x%x", function(pair)
    return string.char(tonumber(pair, 16))
  end))
end

--- "00:11:22:33:44:55" of the six bytes of a MAC address.
function M.format_mac(bytes)
  return M.tohex(bytes, { separator = ":" })
end

--- The text, or what stands for an empty one (default "<blank>").
function M.string_or_blank(text, blank)
  if text == nil or tostring(text) == "" then
    return blank or "<blank>"
  end
  return text
end

--- A text of random characters, from a set (default: lower-case letters).
function M.generate_random_string(length, charset)
  return require("rand").random_string(length, charset or "abcdefghijklmnopqrstuvwxyz")
end

M.strjoin = stringaux.strjoin
M.strsplit = stringaux.strsplit
M.filename_escape = stringaux.filename_escape
M.contains = tableaux.contains
M.keys = tableaux.keys

--- A function that returns the pieces of what a socket receives, one by one, split at a separator; nil at the end (and why).
function M.make_buffer(socket, separator)
  local rest, done, why = "", false, nil
  return function()
    while true do
      local first, last = rest:find(separator)
      if first and last >= first then
        local piece = rest:sub(1, first - 1)
        rest = rest:sub(last + 1)
        return piece
      end
      if done then
        local piece = rest
        rest = ""
        return piece ~= "" and piece or nil, why
      end
      local ok, data = socket:receive()
      if ok then
        rest = rest .. data
      else
        done, why = true, data
      end
    end
  end
end

-- ---------------------------------------------------------------------------------------------------------------------------- times

local UNIT = { [""] = 1, ms = 0.001, s = 1, m = 60, h = 3600 }

--- "90", "90s", "500ms", "2m", "1h" as seconds; nil and a reason for anything else.
function M.parse_timespec(text)
  if text == nil then
    return nil, "no time given"
  end
  local number, unit = tostring(text):match("^([%d.]+)(%a*)$")
  local seconds = tonumber(number)
  if not seconds then
    return nil, ("cannot read the time \"%s\""):format(tostring(text))
  end
  if not UNIT[unit] then
    return nil, ("cannot read the time unit \"%s\""):format(unit)
  end
  return seconds * UNIT[unit]
end

--- How long to wait for a host, in milliseconds: four of its own timeouts and two seconds, between the two limits (1000, 8000).
function M.get_timeout(host, most, least)
  most, least = most or 8000, least or 1000
  local own = type(host) == "table" and host.times and host.times.timeout or 1
  return math.floor(math.min(most, math.max(least, own * 4000 + 2000)))
end

--- The name by which a host was asked for, else its reverse name, else its address.
function M.get_hostname(host)
  if type(host) ~= "table" then
    return host
  end
  for _, name in ipairs { host.targetname or "", host.name or "" } do
    if name ~= "" then
      return name
    end
  end
  return host.ip
end

-- Their home is datetime.
for _, name in ipairs { "date_to_timestamp", "format_timestamp", "format_time", "format_difftime" } do
  M[name] = datetime[name]
end

-- ------------------------------------------------------------------------------------------------------------------------- registry

-- The table at the end of a path of keys below nmap.registry; what is missing on the way is made.
local function registry_at(path)
  local at = nmap.registry
  for _, key in ipairs(path) do
    at[key] = type(at[key]) == "table" and at[key] or {}
    at = at[key]
  end
  return at
end

--- What stands at the end of a path of keys below nmap.registry; nil if nothing does.
function M.registry_get(path)
  local at = nmap.registry
  for _, key in ipairs(path) do
    at = type(at) == "table" and at[key] or nil
  end
  return at
end

function M.registry_exists(path)
  return M.registry_get(path) ~= nil
end

--- Adds a value to a list there, once unless it is allowed again; or sets a key of a table there.
function M.registry_add_array(path, value, allow_duplicates)
  local list = registry_at(path)
  if allow_duplicates or not tableaux.contains(list, value) then
    list[#list + 1] = value
  end
end

function M.registry_add_table(path, key, value)
  registry_at(path)[key] = value
end

function M.clock_ms()
  return nmap.clock() * 1000
end

function M.clock_us()
  return nmap.clock() * 1000000
end

-- -------------------------------------------------------------------------------------------------------------------------- modules

--- seeall(env): names that a module's environment lacks are looked up among the globals.
function M.seeall(env)
  local meta = getmetatable(env) or {}
  meta.__index = _G
  return setmetatable(env, meta)
end

--- module(name, ...): a fresh environment for a library; each further argument is called with it.
function M.module(name, ...)
  local env = { _NAME = name, _PACKAGE = name:match("(.+)%.[^.]+$") or "" }
  env._M = env
  for i = 1, select("#", ...) do
    (select(i, ...))(env)
  end
  return env
end

--- in_port_range(port, "T:1-10,U:53,80"): is the port among them? Without a letter, any protocol.
function M.in_port_range(port, ranges)
  local letters = { T = "tcp", U = "udp", S = "sctp" }
  local protocol = nil
  for piece in ranges:gmatch("[^,%s]+") do
    local letter, rest = piece:match("^([TUS]):(.*)$")
    if letter then
      protocol, piece = letters[letter], rest
    end
    local first, last = piece:match("^(%d*)%-(%d*)$")
    if not first then
      first, last = piece:match("^(%d+)$"), piece:match("^(%d+)$")
    end
    first, last = tonumber(first) or 1, tonumber(last) or 65535
    if (protocol == nil or protocol == port.protocol) and port.number >= first and port.number <= last then
      return true
    end
  end
  return false
end

return M
