description = [[Rows for what the host puts into stdnse, for mutexes and for condition variables (specs/script-host.md, 1.6, 1.7, 3.1).]]
categories = { "safe" }

local nmap = require "nmap"
local rows = require "rows"
local stdnse = require "stdnse"

-- While the file is loaded no script runs yet.
if not rawget(_ENV, "SCRIPT_TYPE") then
  nmap.registry.at_load = {
    getid = table.pack(stdnse.getid()), getinfo = table.pack(stdnse.getinfo()), gethostport = table.pack(stdnse.gethostport()), base = table.pack(stdnse.base()),
    gettid = table.pack(stdnse.gettid()), isworker = table.pack(stdnse.isworker()), new_thread = table.pack(pcall(stdnse.new_thread, print)),
    sleep = table.pack(pcall(stdnse.sleep, 1)), resolve = table.pack(pcall(nmap.resolve, "one.example")), connect = table.pack(pcall(function()
      return nmap.new_socket():connect("192.0.2.1", 7)
    end)), mutex = table.pack(pcall(function() return nmap.mutex "load" "trylock" end)), lock = table.pack(pcall(function() return nmap.mutex "load" "lock" end)),
    wait = table.pack(pcall(function() return nmap.condvar "load" "wait" end)), random = #nmap.get_random_bytes(4), type = rawget(_ENV, "SCRIPT_TYPE"),
  }
end
local at_load = nmap.registry.at_load

hostrule = function()
  return true
end

-- Waits until a condition holds, at most a minute on the stage's clock.
local function until_it(holds)
  for _ = 1, 600 do
    if holds() then
      return true
    end
    stdnse.sleep(0.1)
  end
  return false
end

local function worker(call, ...)
  local co, status = stdnse.new_thread(call, ...)
  until_it(function() return status() == "dead" end)
  return status()
end

-- A coroutine that is ended by being forgotten: what it held is looked at afterwards.
local function rubbish()
  for i = 1, 20000 do
    local _ = { i, tostring(i) }
  end
end

local table_of_rows = {
  -- Who runs.
  { "stdnse.getid", "the script", function() return stdnse.getid() end, '"threads"' },
  { "stdnse.getid", "in a worker and in a coroutine", function()
    local inside
    worker(function() inside = stdnse.getid() end)
    return inside, coroutine.wrap(stdnse.getid)()
  end, '"threads", "threads"' },
  { "stdnse.getid", "nothing while the file is loaded", function() return at_load.getid.n end, "0" },
  { "stdnse.getinfo", "the main thread", function() return stdnse.getinfo() end, '~ "threads M:0x%x+"' },
  { "stdnse.getinfo", "a worker", function() local info worker(function() info = stdnse.getinfo() end) return info end, '~ "threads W:0x%x+"' },
  { "stdnse.getinfo", "nothing while the file is loaded", function() return at_load.getinfo.n end, "0" },
  { "stdnse.gethostport", "the host, and no port for a rule of hosts", function(host) local h, p = stdnse.gethostport() return h == host, p end, "true, nil" },
  { "stdnse.gethostport", "the same in a worker", function(host) local h worker(function() h = stdnse.gethostport() end) return h == host end, "true" },
  { "stdnse.gethostport", "nothing while the file is loaded", function() return at_load.gethostport.n end, "0" },
  { "stdnse.base", "the coroutine", function() return stdnse.base() == coroutine.running(), type(stdnse.base()) end, 'true, "thread"' },
  { "stdnse.base", "of the instance, in a coroutine of its own", function() local b = stdnse.base() return coroutine.wrap(stdnse.base)() == b, coroutine.wrap(coroutine.running)() == b end,
    "true, false" },
  { "stdnse.base", "of a worker: what new_thread gave", function()
    local inside, running
    local co, status = stdnse.new_thread(function() inside, running = stdnse.base(), coroutine.running() end)
    until_it(function() return status() == "dead" end)
    return inside == co, running == co
  end, "true, true" },
  { "stdnse.base", "nothing while the file is loaded", function() return at_load.base.n end, "0" },
  { "stdnse.gettid", "a name for it", function() return stdnse.gettid() == tostring(stdnse.base()), stdnse.gettid() end, '~ true, "thread: 0x%x+"' },
  { "stdnse.gettid", "nothing while the file is loaded", function() return at_load.gettid.n end, "0" },
  { "stdnse.isworker", "no, and yes", function() local inside worker(function() inside = stdnse.isworker() end) return stdnse.isworker(), inside end, "false, true" },
  { "stdnse.isworker", "not while the file is loaded", function() return at_load.isworker[1] end, "false" },

  -- Workers.
  { "stdnse.new_thread", "a coroutine, and a function for its state", function() return stdnse.new_thread(function() end) end, "thread, function" },
  { "stdnse.new_thread", "runs when its maker waits, not before", function()
    local ran = false
    stdnse.new_thread(function() ran = true end)
    local before = ran
    stdnse.sleep(0)
    stdnse.sleep(0)
    return before, ran
  end, "false, true" },
  { "stdnse.new_thread", "is given its arguments", function()
    local got
    worker(function(...) got = table.pack(...) end, 1, nil, "x", nil)
    return got.n, got[1], got[2], got[3]
  end, '4, 1, nil, "x"' },
  { "stdnse.new_thread", "its state", function()
    local _, status = stdnse.new_thread(function() stdnse.sleep(1) end)
    local a = status()
    stdnse.sleep(0.5)
    local b = status()
    stdnse.sleep(1)
    return a, b, status()
  end, '"suspended", "suspended", "dead", nil' },
  { "stdnse.new_thread", "the state seen from inside", function()
    local inside
    local _, status
    _, status = stdnse.new_thread(function() inside = status() end)
    stdnse.sleep(0.1)
    return inside
  end, '"running"' },
  { "stdnse.new_thread", "its error, and no result of it", function() return worker(function() error("mine", 0) end) end, '"dead", "mine"' },
  { "stdnse.new_thread", "an error that is a table", function() return worker(function() error { code = 5 } end) end, '"dead", {code=5}' },
  { "stdnse.new_thread", "an exception", function() return worker(function() nmap.new_try()(false, "why") end) end, '"dead", {errtype="nmap.new_try", message="why"}' },
  { "stdnse.new_thread", "what it returns is dropped", function() return worker(function() return 1, 2 end) end, '"dead", nil' },
  { "stdnse.new_thread", "a yield of its own ends it", function() return worker(function() coroutine.yield(1) end) end, '~ "[a-z]+", .*' },
  { "stdnse.new_thread", "workers of workers", function()
    local ran
    worker(function() stdnse.new_thread(function() ran = stdnse.isworker() end) stdnse.sleep(1) end)
    return ran
  end, "true" },
  { "stdnse.new_thread", "many", function()
    local live = 500
    for _ = 1, live do
      stdnse.new_thread(function() stdnse.sleep(1) live = live - 1 end)
    end
    stdnse.sleep(3)
    return live
  end, "0" },
  { "stdnse.new_thread", "no function", function() stdnse.new_thread(5) end, "error: function expected" },
  { "stdnse.new_thread", "nothing", function() stdnse.new_thread() end, "error: function expected" },
  { "stdnse.new_thread", "while the file is loaded", function() return at_load.new_thread[1], at_load.new_thread[2] end,
    '~ false, "stdnse%.new_thread can only be run from an active script"' },
  { "stdnse.sleep", "others run meanwhile", function()
    local order = {}
    stdnse.new_thread(function() stdnse.sleep(2) order[#order + 1] = "second" end)
    stdnse.new_thread(function() stdnse.sleep(1) order[#order + 1] = "first" end)
    stdnse.sleep(3)
    return table.concat(order, " ")
  end, '"first second"' },
  { "stdnse.sleep", "not while the file is loaded", function() return at_load.sleep[1], at_load.sleep[2] end, 'false, "attempt to yield from outside a coroutine"' },
  { "stdnse.sleep", "nor anything else that would wait", function() return at_load.resolve[1], at_load.connect[1], at_load.lock[1], at_load.wait[1] end, "false, false, false, false" },
  { "stdnse.sleep", "what does not wait works while the file is loaded", function() return at_load.random, at_load.mutex[1], at_load.mutex[2] end, "4, true, false" },
  { "stdnse.sleep", "in a call that Lua's library makes", function() return select(2, pcall(string.gsub, "a", "a", function() stdnse.sleep(1) end)),
    select(2, pcall(table.sort, { 3, 2, 1 }, function() stdnse.sleep(1) end)) end, '"attempt to yield across a C-call boundary", "attempt to yield across a C-call boundary"' },
  { "stdnse.sleep", "in pcall, xpcall, a metamethod, an iterator and a close", function()
    local count = 0
    local function nap() stdnse.sleep(0.01) count = count + 1 return 1 end
    pcall(nap)
    xpcall(nap, print)
    local _ = setmetatable({}, { __index = nap }).x
    for _ in function() nap() end do end
    do
      local _ <close> = setmetatable({}, { __close = nap })
    end
    return count
  end, "5" },

  -- silent_require
  { "stdnse.silent_require", "a module", function() return stdnse.silent_require "rows" == rows end, "true" },
  { "stdnse.silent_require", "one that is not there: an error of its own, and the reason for who looks", function()
    stage.messages()
    local ok, why = pcall(stdnse.silent_require, "no.such.module")
    return ok, type(why), stage.messages():find("module 'no.such.module' not found", 1, true) ~= nil
  end, 'false, "userdata", true' },

  -- Mutexes.
  { "mutex", "one for an object", function() local key = {} return nmap.mutex(key) == nmap.mutex(key), nmap.mutex(key) == nmap.mutex {}, nmap.mutex "a" == nmap.mutex "a" end, "true, false, true" },
  { "mutex", "what is an object", function() return type(nmap.mutex(print)), type(nmap.mutex(coroutine.running())), type(nmap.mutex(nmap.new_socket())) end, '"function", "function", "function"' },
  { "mutex", "a number", function() nmap.mutex(5) end, "error: bad argument #1 to 'mutex' (object expected)" },
  { "mutex", "a flag", function() nmap.mutex(true) end, "error: bad argument #1 to 'mutex' (object expected)" },
  { "mutex", "nothing", function() nmap.mutex() end, "error: bad argument #1 to 'mutex' (object expected)" },
  { "mutex", "another word", function() nmap.mutex "a" "open" end, "~ error: bad argument #1 to .* %(invalid option 'open'%)" },
  { "mutex", "no word", function() nmap.mutex "a"() end, "~ error: bad argument #1 to .* %(string expected, got no value%)" },
  { "mutex", "lock and done give nothing", function() local m = nmap.mutex "b" return select("#", m "lock"), select("#", m "done") end, "0, 0" },
  { "mutex", "trylock", function() local m = nmap.mutex "c" local a, b = m "trylock", m "trylock" m "done" return a, b, m "trylock", m "done" end, "true, false, true" },
  { "mutex", "running", function() local m = nmap.mutex "d" local before = m "running" m "lock" local held = m "running" == coroutine.running() m "done" return before, held, m "running" end,
    "nil, true, nil" },
  { "mutex", "done by who has it not", function() nmap.mutex "e" "done" end, "error: do not have a lock on this mutex" },
  { "mutex", "done by another coroutine of the same script", function()
    local m = nmap.mutex "f"
    m "lock"
    local ok, why = pcall(coroutine.wrap(function() m "done" end))
    m "done"
    return ok, why
  end, '~ false, ".*do not have a lock on this mutex"' },
  { "mutex", "those who wait have it in turn", function()
    local m, order = nmap.mutex "g", {}
    m "lock"
    for i = 1, 4 do
      stdnse.new_thread(function() m "lock" order[#order + 1] = i stdnse.sleep(0.1) m "done" end)
    end
    stdnse.sleep(1)
    order[#order + 1] = "free"
    m "done"
    stdnse.sleep(1)
    return table.concat(order, " ")
  end, '"free 1 2 3 4"' },
  { "mutex", "who ends gives it back, however", function()
    local m = nmap.mutex "h"
    worker(function() m "lock" end)
    local a = m "trylock" and m "done" == nil
    worker(function() m "lock" error "died" end)
    return a, m "trylock", m "done"
  end, "true, true" },
  { "mutex", "who waits and ends leaves the queue", function()
    local m = nmap.mutex "i"
    m "lock"
    local s = nmap.new_socket()
    stdnse.new_thread(function() coroutine.wrap(function() m "lock" end)() end)
    stdnse.sleep(0.1)
    m "done"
    stdnse.sleep(0.1)
    local _ = s
    return m "trylock", m "done"
  end, "true" },
  { "mutex", "whose coroutine was forgotten", function()
    local m = nmap.mutex "j"
    coroutine.wrap(function() m "lock" end)()
    for _ = 1, 50 do
      rubbish()
    end
    return type(m "running"), m "trylock"
  end, '"thread", false' },
  { "mutex", "locked twice waits for ever", function()
    local m = nmap.mutex "k"
    local _, status = stdnse.new_thread(function() m "lock" m "lock" end)
    stdnse.sleep(30)
    return status()
  end, '"suspended", nil' },

  -- Condition variables.
  { "condvar", "one for an object", function() local key = {} return nmap.condvar(key) == nmap.condvar(key), nmap.condvar(key) == nmap.condvar {} end, "true, false" },
  { "condvar", "a number", function() nmap.condvar(5) end, "error: bad argument #1 to 'condvar' (object expected)" },
  { "condvar", "another word", function() nmap.condvar "a" "open" end, "~ error: bad argument #1 to .* %(invalid option 'open'%)" },
  { "condvar", "signal and broadcast without a waiter", function() local c = nmap.condvar "b" return select("#", c "signal"), select("#", c "broadcast") end, "0, 0" },
  { "condvar", "signal wakes one, the latest; broadcast all", function()
    local key, woken = {}, {}
    local c = nmap.condvar(key)
    for i = 1, 3 do
      stdnse.new_thread(function() c "wait" woken[#woken + 1] = i stdnse.sleep(5) end)
    end
    stdnse.sleep(0.1)
    c "signal"
    stdnse.sleep(0.1)
    local one = table.concat(woken, " ")
    c "broadcast"
    stdnse.sleep(0.1)
    return one, #woken
  end, '"3", 3' },
  { "condvar", "the end of who has asked for it wakes all", function()
    local key = {}
    local c = nmap.condvar(key)
    stdnse.new_thread(function() local _ = nmap.condvar(key) stdnse.sleep(2) end)
    local before = stage.time()
    c "wait"
    return math.floor(stage.time() - before + 0.5)
  end, "2" },
  { "condvar", "a controller and its workers", function()
    local live, key = {}, {}
    local c, done = nmap.condvar(key), 0
    for i = 1, 10 do
      local co = stdnse.new_thread(function() local mine = nmap.condvar(key) stdnse.sleep(i / 10) done = done + 1 if i % 2 == 0 then error "died" end mine "signal" end)
      live[co] = true
    end
    while next(live) do
      for co in pairs(live) do
        if coroutine.status(co) == "dead" then
          live[co] = nil
        end
      end
      if next(live) then
        c "wait"
      end
    end
    return done
  end, "10" },
}

action = function(host)
  return rows.run(table_of_rows, { "stdnse.base", "stdnse.getid", "stdnse.gethostport", "stdnse.getinfo", "stdnse.gettid", "stdnse.isworker", "stdnse.new_thread",
    "stdnse.silent_require", "stdnse.sleep", "mutex", "condvar" }, host)
end
