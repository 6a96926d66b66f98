description = [[Rows for what a script finds around itself (specs/script-host.md, sections 1.1 to 1.3, 2, 3.12, 7): names, modules, coroutines, host and port tables, Lua 5.3 in 5.4.]]
categories = { "safe" }

local nmap = require "nmap"
local rows = require "rows"
local stdnse = require "stdnse"

nmap.registry.bodies = (nmap.registry.bodies or 0) + 1
shared = "by body and action"

hostrule = function(host)
  nmap.registry.rule_type = SCRIPT_TYPE
  stdnse.sleep(0.1) -- rules may wait
  return host.ip ~= nil
end

portrule = function(_, port)
  nmap.registry.ports = (nmap.registry.ports or "") .. port.protocol .. port.number .. " "
  return false
end

local function sorted(of)
  local out = {}
  for key in pairs(of) do
    out[#out + 1] = tostring(key)
  end
  table.sort(out)
  return table.concat(out, " ")
end

local function missing(of, names)
  local out = {}
  for name in names:gmatch "%S+" do
    if of[name] == nil then
      out[#out + 1] = name
    end
  end
  return table.concat(out, " ")
end

local table_of_rows = {
  -- The environment.
  { "environment", "who the script is", function() return SCRIPT_NAME, SCRIPT_TYPE, SCRIPT_PATH end, '~ "environment", "hostrule", ".*/interface/environment%.nse"' },
  { "environment", "the rule ran as the same", function() return nmap.registry.rule_type end, '"hostrule"' },
  { "environment", "the body ran once to load the file and once for the instance", function() return nmap.registry.bodies >= 2 end, "true" },
  { "environment", "its globals are its own", function() return shared, rawget(_G, "shared"), rawget(_ENV, "shared") end, '"by body and action", nil, "by body and action"' },
  { "environment", "preset fields are there only while the file is loaded", function() return type(categories), rawget(_ENV, "dependencies") end, '"table", nil' },
  { "environment", "an unknown name", function() return undeclared_name end, "error: variable 'undeclared_name' is not declared" },
  { "environment", "a new name in a function of a module", function() local f = load("return function() new_name = 1 end", "=x", "t", _G)() f() end, "error: x:1: assign to undeclared variable 'new_name'" },
  { "environment", "the main thread is no main coroutine", function() return select(2, coroutine.running()), coroutine.isyieldable() end, "false, true" },
  { "environment", "Lua's version", function() return _VERSION end, '"Lua 5.4"' },

  -- Names that stay, and names that are gone (3.12, 8.3).
  { "libraries", "base", function() return missing(_G, "assert collectgarbage error getmetatable ipairs load loadfile next pairs pcall print rawequal rawget rawlen rawset require select " ..
    "setmetatable tonumber tostring type xpcall") end, '""' },
  { "libraries", "string, table, math, utf8", function()
    return missing(string, "byte char find format gmatch gsub len lower match pack packsize rep reverse sub unpack upper"), missing(table, "concat insert move pack remove sort unpack"),
      missing(math, "abs ceil floor fmod huge log max maxinteger min mininteger modf pi random randomseed sqrt tointeger type ult"), missing(utf8, "char charpattern codepoint codes len offset")
  end, '"", "", "", ""' },
  { "libraries", "os, io, debug, coroutine", function()
    return missing(os, "clock date difftime getenv time"), missing(io, "lines open write"), missing(debug, "getinfo traceback"),
      missing(coroutine, "close create isyieldable resume running status wrap yield")
  end, '"", "", "", ""' },
  { "libraries", "what reaches out is gone", function() return os.execute, os.exit, os.remove, os.rename, os.tmpname, os.setlocale, io.popen, io.tmpfile, package.loadlib end,
    "nil, nil, nil, nil, nil, nil, nil, nil, nil" },
  { "libraries", "what reaches in is gone", function() return debug.getregistry, debug.sethook, debug.setmetatable, debug.getupvalue, debug.setupvalue, debug.getlocal, string.dump end,
    "nil, nil, nil, nil, nil, nil, nil" },
  { "libraries", "loading takes texts only", function() return load "\27Lua", load("return 1", "x", "b") end, "~ nil, .*" },
  { "libraries", "loadfile of a data file, with an environment", function()
    local f, why = loadfile((SCRIPT_PATH:gsub("environment%.nse$", "data.lua")), "t", { answer = 42 })
    return f and f() or why
  end, "42" },
  { "libraries", "loadfile elsewhere", function() return (loadfile "/etc/passwd") end, "nil" },
  { "libraries", "io.open reads data", function() local f = io.open(SCRIPT_PATH) local line = f:read "l" f:close() return line:sub(1, 11) end, '"description"' },
  { "libraries", "io.open does not write", function() return io.open("/tmp/descry-must-not-be", "w") end, '~ nil, "/tmp/descry%-must%-not%-be: not allowed.*' },
  { "libraries", "io.lines reads data", function() for line in io.lines(SCRIPT_PATH) do return line:sub(1, 11) end end, '"description"' },
  { "libraries", "io.lines elsewhere", function() io.lines "/etc/passwd" end, "~ error: /etc/passwd: not allowed.*" },
  { "libraries", "print and io.write are lines for people", function() stage.messages() print("a", 1) io.write("b", 2) io.stdout:write "c" return stage.messages() end,
    '"NSE: a\\0091\\nNSE: b2\\nNSE: c\\n"' },
  { "libraries", "os.getenv knows HOME only", function() return os.getenv "PATH", os.getenv "LD_PRELOAD" end, "nil, nil" },
  { "libraries", "collectgarbage tells, and does no more", function() return math.type(collectgarbage "count"), collectgarbage(), collectgarbage "stop" end, '"float", 0, 0' },
  { "libraries", "collectgarbage of another word", function() collectgarbage "all" end, "error: bad argument #1 to 'collectgarbage' (invalid option 'all')" },
  { "libraries", "no finalizers", function() setmetatable({}, { __gc = print }) end, "error: a metatable with __gc is not allowed in scripts" },
  { "libraries", "the metatable of texts is closed", function() return getmetatable "" end, "false" },

  -- Modules.
  { "require", "a library", function() return type(require "stdnse"), require "stdnse" == stdnse end, '"table", true' },
  { "require", "is loaded once", function() return package.loaded.rows == rows end, "true" },
  { "require", "the host's own", function() return require "nmap" == nmap, require "nmap.socket" == nmap.socket, require "lpeg" == lpeg end, "true, true, true" },
  { "require", "dots are directories", function() return (select(2, pcall(require, "no.such")):gsub("\n.*", "")) end, '~ ".*module \'no%.such\' not found:"' },
  { "require", "out of the directory", function() return pcall(require, "../rows") end, "~ false, .*" },
  { "require", "a name with a slash or a NUL", function() return (pcall(require, "/etc/passwd")), (pcall(require, "rows\0x")) end, "~ false, .*" },
  { "require", "no name", function() require() end, "error: bad argument #1 to 'require' (string expected, got no value)" },
  { "require", "a library with a fault tells it", function() return (select(2, pcall(require, "faulty"))) end, '~ ".*faulty%.lua:1: .*"' },
  { "require", "a library with a fault is tried again", function() return (pcall(require, "faulty")), package.loaded.faulty end, "false, nil" },
  { "package.searchers", "the first looks in the directories of scripts", function() local f, path = package.searchers[1] "rows" return type(f), path end, '~ "function", ".*/lib/rows%.lua"' },
  { "package.searchers", "what it says of a miss", function() return package.searchers[1] "no.such" end, '~ "\\n\\9.*"' },
  { "package.searchers", "no others, no paths", function() return #package.searchers, package.path, package.cpath end, '1, "", ""' },

  -- Coroutines.
  { "coroutine.resume", "values in and out", function()
    local co = coroutine.create(function(a, b) local c = coroutine.yield(a + b) return c * 2 end)
    local _, sum = coroutine.resume(co, 1, 2)
    return sum, select(2, coroutine.resume(co, 21)), coroutine.status(co)
  end, '3, 42, "dead"' },
  { "coroutine.resume", "one that is dead", function() local co = coroutine.create(function() end) coroutine.resume(co) return coroutine.resume(co) end, 'false, "cannot resume dead coroutine"' },
  { "coroutine.resume", "itself", function() return coroutine.resume((coroutine.running())) end, 'false, "cannot resume non-suspended coroutine"' },
  { "coroutine.resume", "an error", function() return coroutine.resume(coroutine.create(function() error("mine", 0) end)) end, 'false, "mine"' },
  { "coroutine.resume", "no coroutine", function() coroutine.resume(5) end, "error: bad argument #1 to 'resume' (coroutine expected, got number)" },
  { "coroutine.resume", "a host's function waits inside, and nothing of it is seen", function()
    local seen = 0
    local co = coroutine.create(function() stdnse.sleep(0.1) coroutine.yield "mine" stdnse.sleep(0.1) return "end" end)
    local _, a = coroutine.resume(co)
    seen = seen + 1
    local _, b = coroutine.resume(co)
    return a, b, seen
  end, '"mine", "end", 1' },
  { "coroutine.resume", "nested deeply", function()
    local function nest(n) if n == 0 then stdnse.sleep(0.1) return "deep" end return coroutine.wrap(nest)(n - 1) end
    return nest(50)
  end, '"deep"' },
  { "coroutine.wrap", "an iterator that waits", function()
    local out = {}
    for i in coroutine.wrap(function() for i = 1, 3 do stdnse.sleep(0.1) coroutine.yield(i) end end) do
      out[#out + 1] = i
    end
    return table.concat(out, " ")
  end, '"1 2 3"' },
  { "coroutine.wrap", "an error has a position in front", function() coroutine.wrap(function() error("mine", 0) end)() end, "error: mine" },
  { "coroutine.wrap", "an error that is a table", function() coroutine.wrap(function() error { 1 } end)() end, "error: {1}" },
  { "coroutine.wrap", "one that is dead", function() local f = coroutine.wrap(function() end) f() f() end, "error: cannot resume dead coroutine" },
  { "coroutine.create", "no function", function() coroutine.create(5) end, "error: bad argument #1 to 'create' (function expected, got number)" },
  { "coroutine.close", "what is to be closed is closed", function()
    local closed
    local co = coroutine.create(function() local _ <close> = setmetatable({}, { __close = function() closed = true end }) coroutine.yield() end)
    coroutine.resume(co)
    return coroutine.close(co), closed, coroutine.status(co)
  end, 'true, true, "dead"' },
  { "coroutine.yield", "by the script's own thread is an error of the script: not tried here", function() return type(coroutine.yield) end, '"function"' },
  { "coroutine.status", "each", function()
    local co, inside
    co = coroutine.create(function() inside = coroutine.status(co) coroutine.yield() end)
    local a = coroutine.status(co)
    coroutine.resume(co)
    return a, inside, coroutine.status(co), coroutine.status((coroutine.running()))
  end, '"suspended", "running", "suspended", "running"' },
  { "coroutine.running", "the thread", function() return coroutine.running() end, "thread, false" },
  { "coroutine.isyieldable", "here", function() return coroutine.isyieldable() end, "true" },

  -- The host.
  { "host", "what is known of it", function(host) return host.ip, host.name, host.targetname, host.reason, host.reason_ttl, host.bin_ip end,
    '"192.0.2.1", "reverse.example", "server.example", "user-set", 0, "\\192\\0\\2\\1"' },
  { "host", "times are seconds", function(host) return host.times end, "{rttvar=0.001, srtt=0.002, timeout=0.1}" },
  { "host", "no more fields than the specification has", function(host)
    local known = {}
    for name in ("ip name targetname _Target reason reason_ttl directly_connected mac_addr mac_addr_next_hop mac_addr_src interface interface_mtu bin_ip bin_ip_src times registry traceroute os os_fp"):gmatch "%S+" do
      known[name] = true
    end
    for key in pairs(host) do
      if not known[key] then
        return key
      end
    end
  end, "" },
  { "host", "a registry of its own, shared by what runs on it", function(host) host.registry.mine = 1 return nmap.registry.mine, host.registry.mine end, "nil, 1" },
  { "host", "a copy for each instance", function(host) host.ip = "changed" local ok = nmap.get_port_state(host, { number = 22, protocol = "tcp" }) host.ip = "192.0.2.1" return ok ~= nil end, "true" },
  { "port", "rules were asked for each port that may be open", function() return nmap.registry.ports == nil or nmap.registry.ports:find "tcp22 " ~= nil end, "true" },

  -- Lua 5.3 in 5.4 (section 7).
  { "compat", "bit operators on texts", function() return "12" >> 1, "3" | 1, ~"0", "0xff" & 15, 1 << "4", "2.0" ~ 1 end, "6, 3, -1, 15, 16, 3" },
  { "compat", "bit operators on what is no number", function() return "x" | 1 end, "error: attempt to perform bitwise operation on a string value" },
  { "compat", "bit operators on a fraction", function() return "1.5" | 1 end, "error: number has no integer representation" },
  { "compat", "arithmetic on texts", function() return "10" + 1, "10" * "2" end, "11, 20" },
  { "compat", "unpack of a text without its end", function() return string.unpack("z", "abc") end, '"abc", 5' },
  { "compat", "unpack with its end", function() return string.unpack("z", "abc\0def") end, '"abc", 5' },
  { "compat", "unpack further on", function() return string.unpack("<I2z", "\1\2abc"), string.unpack("z", "xabc", 2) end, '513, "abc", 6' },
  { "compat", "unpack of too short a text", function() return string.unpack("<I4", "abc") end, "error: bad argument #2 to 'unpack' (data string too short)" },
  { "compat", "unpack from beyond", function() return string.unpack("z", "abc", 99) end, "error: bad argument #3 to 'unpack' (initial position out of string)" },
  { "compat", "unpack of nothing", function() return string.unpack "z" end, "error: bad argument #2 to 'unpack' (string expected, got nil)" },
  { "compat", "unpack as a method", function() return ("\1\2"):unpack ">I2" end, "~ error: .*" },
}

action = function(host)
  local names = { "environment", "libraries", "require", "package.searchers", "host", "port", "compat" }
  rows.names("coroutine.", coroutine, names)
  local _ = sorted
  return rows.run(table_of_rows, names, host)
end
