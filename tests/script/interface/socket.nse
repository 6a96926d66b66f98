description = [[Rows for sockets: nmap.socket and every method of a socket (specs/script-host.md, 3.2, 3.3). The peers: tests/scenario/script_interface.c.]]
categories = { "safe" }

local nmap = require "nmap"
local rows = require "rows"
local stdnse = require "stdnse"

hostrule = function()
  return true
end

local TLS = nmap.have_ssl()

-- What a call on a fresh connection gives; the socket is closed behind it.
local function on(port, call, protocol)
  return function(host)
    local s = nmap.new_socket()
    s:set_timeout(1000)
    assert(s:connect(host, port, protocol))
    local got = table.pack(pcall(call, s, host))
    s:close()
    if not got[1] then
      error(got[2], 0)
    end
    return table.unpack(got, 2, got.n)
  end
end

-- The same on a socket that was never opened.
local function fresh(call, ...)
  local kind = table.pack(...)
  return function(host)
    return call(nmap.new_socket(table.unpack(kind, 1, kind.n)), host)
  end
end

local function last(s, method, ...)
  local got = table.pack(s[method](s, ...))
  return got[got.n]
end

-- With TLS, else what a build without it says.
local function tls(with, without)
  return TLS and with or without
end

local function seconds(call, ...)
  local before = stage.time()
  call(...)
  return math.floor((stage.time() - before) * 1000 + 0.5) / 1000
end

local table_of_rows = {
  -- nmap.socket
  { "nmap.socket.new", "an object that tells nothing of itself", function() return nmap.socket.new(), getmetatable(nmap.socket.new()) end, "userdata, {}" },
  { "nmap.socket.new", "protocols and families", function() return nmap.socket.new "tcp", nmap.socket.new("udp", "inet"), nmap.socket.new(nil, "inet6") end, "userdata, userdata, userdata" },
  { "nmap.socket.new", "an unknown protocol", function() nmap.socket.new "sctp" end, "error: bad argument #1 to 'new' (invalid option 'sctp')" },
  { "nmap.socket.new", "an unknown family", function() nmap.socket.new("tcp", "unix") end, "error: bad argument #2 to 'new' (invalid option 'unix')" },
  { "nmap.socket.sleep", "waits", function() return seconds(nmap.socket.sleep, 1.5) end, "1.5" },
  { "nmap.socket.sleep", "rounds to a millisecond", function() return seconds(nmap.socket.sleep, 0.0014) end, "0.001" },
  { "nmap.socket.sleep", "no time at all, and no result", function() return nmap.socket.sleep(0) end, "" },
  { "nmap.socket.sleep", "a text that is a number", function() return seconds(nmap.socket.sleep, "0.5") end, "0.5" },
  { "nmap.socket.sleep", "backwards", function() nmap.socket.sleep(-1) end, "error: argument to sleep (-1.0) must not be negative\n" },
  { "nmap.socket.sleep", "no number", function() nmap.socket.sleep "soon" end, "error: bad argument #1 to 'sleep' (number expected, got string)" },
  { "nmap.socket.sleep", "the same as stdnse.sleep", function() return stdnse.sleep == nmap.socket.sleep end, "true" },
  { "nmap.socket.get_stats", "who waits for a connection", function() return nmap.socket.get_stats() end, "{connect_waiting=0}" },
  { "nmap.socket.get_stats", "more threads want one than may have one: they wait, and all come to it", function(host)
    local up = 0
    for _ = 1, 70 do
      stdnse.new_thread(function()
        local s = nmap.new_socket()
        local ok = s:connect(host, 7)
        up = up + (ok and 1 or 0)
        stdnse.sleep(5)
        s:close()
      end)
    end
    stdnse.sleep(1)
    local waiting, before = nmap.socket.get_stats().connect_waiting, up
    stdnse.sleep(60)
    return waiting > 0, before < 70, waiting + before, up, nmap.socket.get_stats().connect_waiting
  end, "true, true, 70, 70, 0" },
  { "nmap.socket.parse_ssl_certificate", "what is none", function() return nmap.socket.parse_ssl_certificate "rubbish", nmap.socket.parse_ssl_certificate "" end, "nil, nil" },
  { "nmap.socket.parse_ssl_certificate", "no text", function() nmap.socket.parse_ssl_certificate() end, "error: bad argument #1 to 'parse_ssl_certificate' (string expected, got no value)" },
  { "nmap.socket.loop", "is the engine's: nothing", function() return nmap.socket.loop(50) end, "" },

  -- set_timeout
  { "socket:set_timeout", "milliseconds, with a fraction, as a text, without end", fresh(function(s) return s:set_timeout(5), s:set_timeout(500.7), s:set_timeout "500", s:set_timeout(-1) end),
    "true, true, true, true" },
  { "socket:set_timeout", "counts for receiving", on(9, function(s) s:set_timeout(250) return seconds(s.receive, s) end), "0.25" },
  { "socket:set_timeout", "rounds down", on(9, function(s) s:set_timeout(250.9) return seconds(s.receive, s) end), "0.25" },
  { "socket:set_timeout", "below none", fresh(function(s) s:set_timeout(-2) end), "error: Negative timeout: -2.0" },
  { "socket:set_timeout", "no number, and none that is one", fresh(function(s) s:set_timeout "abc" end), "error: bad argument #1 to 'set_timeout' (number expected, got string)" },
  { "socket:set_timeout", "not a number", fresh(function(s) s:set_timeout(0 / 0) end), "~ error: Negative timeout: %-?nan" },
  { "socket:set_timeout", "endless is a day", fresh(function(s) return s:set_timeout(math.huge) end), "true" },
  { "socket:set_timeout", "not a socket", function() nmap.new_socket().set_timeout({}, 5) end, "error: bad argument #1 to 'set_timeout' (descry.socket expected, got table)" },

  -- connect
  { "socket:connect", "an address and a number", fresh(function(s) return s:connect("192.0.2.1", 7), s:close() end), "true, true" },
  { "socket:connect", "the host's table and a port's", fresh(function(s, host) return s:connect(host, { number = 7, protocol = "tcp" }), s:close() end), "true, true" },
  { "socket:connect", "the protocol of a port's table", fresh(function(s, host) s:connect(host, { number = 7, protocol = "udp" }) s:send "a b" return s:receive() end), 'true, "a"' },
  { "socket:connect", "a number as text or as a whole float", fresh(function(s, host) return s:connect(host, "7"), s:connect(host, 7.0), s:close() end), "true, true, true" },
  { "socket:connect", "a name", fresh(function(s) return s:connect("one.example", 7), s:close() end), "true, true" },
  { "socket:connect", "a name in a table", fresh(function(s) return s:connect({ targetname = "one.example" }, 7), s:close() end), "true, true" },
  { "socket:connect", "a name that is not there", fresh(function(s) return s:connect("none.example", 7) end), 'false, "Name or service not known"' },
  { "socket:connect", "a name that nobody answers for", fresh(function(s) return s:connect("lost.example", 7) end), 'false, "Temporary failure in name resolution"' },
  { "socket:connect", "refused", fresh(function(s, host) return s:connect(host, 1) end), 'nil, "ERROR"' },
  { "socket:connect", "no answer", fresh(function(s, host) s:set_timeout(400) local t = stage.time() local a, b = s:connect(host, 99) return a, b, stage.time() - t < 0.5 end), 'nil, "TIMEOUT", true' },
  { "socket:connect", "again: the first conversation ends", fresh(function(s, host)
    s:connect(host, 7)
    s:send "first"
    s:connect(host, 7)
    s:send "second"
    local _, text = s:receive()
    s:close()
    return text
  end), '"second"' },
  { "socket:connect", "after close", fresh(function(s, host) s:connect(host, 7) s:close() return s:connect(host, 7), s:close() end), "true, true" },
  { "socket:connect", "an unknown protocol", fresh(function(s, host) s:connect(host, 7, "sctp") end), "error: bad argument #3 to 'connect' (invalid option 'sctp')" },
  { "socket:connect", "a table of a host without a name", fresh(function(s) s:connect({}, 7) end), "error: bad argument #1 to 'connect' (host table lacks 'ip' or 'targetname' fields)" },
  { "socket:connect", "no host", fresh(function(s) s:connect(nil, 7) end), "error: bad argument #1 to 'connect' (string expected, got nil)" },
  { "socket:connect", "a port's table without a number", fresh(function(s, host) s:connect(host, {}) end), "error: bad argument #2 to 'connect' (port table lacks integer 'number' field)" },
  { "socket:connect", "a float or a text in a port's table", fresh(function(s, host) return pcall(s.connect, s, host, { number = 7.0 }) end),
    "~ false, \"bad argument #%d to '.-' %(port table lacks integer 'number' field%)\"" },
  { "socket:connect", "a number that is no port", fresh(function(s, host) s:connect(host, 65536) end), "error: bad argument #2 to 'connect' (port out of range)" },
  { "socket:connect", "no port", fresh(function(s, host) s:connect(host) end), "error: bad argument #2 to 'connect' (number expected, got nil)" },
  { "socket:connect", "TLS", fresh(function(s, host) local ok, why = s:connect(host, 443, "ssl") return ok, why, s:close() end), tls("true, nil, true", 'false, "ERROR", false, "socket already closed"') },
  { "socket:connect", "TLS to whom does not speak it", fresh(function(s, host) return (select(2, s:connect(host, 21, "ssl"))) end), '"ERROR"' },
  { "socket:connect", "a table that answers by errors", fresh(function(s) s:connect(setmetatable({}, { __index = function() error "no" end }), 7) end), "error: no" },

  -- reconnect_ssl
  { "socket:reconnect_ssl", "behind a word in clear text", on(587, function(s)
    s:send "STARTTLS"
    local _, go = s:receive()
    local ok = s:reconnect_ssl()
    s:send "inside"
    return go, ok, s:receive()
  end), tls('"GO", true, true, "inside"', "~ .*") },
  { "socket:reconnect_ssl", "with whom does not speak it", on(7, function(s) return s:reconnect_ssl() end), tls('nil, "ERROR"', 'false, "ERROR"') },
  { "socket:reconnect_ssl", "not connected", fresh(function(s) return s:reconnect_ssl() end), 'false, "socket must be connected"' },
  { "socket:reconnect_ssl", "after the end", on(23, function(s) s:receive() return s:reconnect_ssl() end), 'false, "ERROR"' },

  -- send
  { "socket:send", "all of it", on(7, function(s) return s:send "hello", s:receive() end), 'true, true, "hello"' },
  { "socket:send", "nothing", on(7, function(s) return s:send "" end), "true" },
  { "socket:send", "a number", on(7, function(s) s:send(42) return s:receive() end), 'true, "42"' },
  { "socket:send", "bytes of every kind", on(7, function(s) s:send "\0\255\n" return s:receive() end), 'true, "\\0\\255\\n"' },
  { "socket:send", "much", on(7, function(s) local text = ("y"):rep(300000) s:send(text) local _, got = s:receive_bytes(#text) return #got, got == text end), "300000, true" },
  { "socket:send", "more than a call may", on(9, function(s) return s:send(("y"):rep(9 * 1024 * 1024)) end), 'nil, "ERROR"' },
  { "socket:send", "not connected", fresh(function(s) return s:send "x" end), 'false, "socket must be connected"' },
  { "socket:send", "udp without a peer", fresh(function(s) return s:send "x" end, "udp"), 'nil, "ERROR"' },
  { "socket:send", "no text", on(7, function(s) s:send() end), "error: bad argument #1 to 'send' (string expected, got no value)" },
  { "socket:send", "to whom has closed", on(23, function(s) s:receive() return s:send "x" end), "true" },

  -- sendto
  { "socket:sendto", "a datagram, and its answers one by one", fresh(function(s, host)
    local ok = s:sendto(host, 7, "one two")
    local _, first = s:receive()
    local _, second = s:receive()
    return ok, first, second
  end, "udp"), 'true, "one", "two"' },
  { "socket:sendto", "a port's table", fresh(function(s, host) s:sendto(host, { number = 7 }, "q") return s:receive() end, "udp"), 'true, "q"' },
  { "socket:sendto", "a name", fresh(function(s) s:sendto("one.example", 7, "q") return s:receive() end, "udp"), 'true, "q"' },
  { "socket:sendto", "a name that is not there", fresh(function(s) return s:sendto("none.example", 7, "q") end, "udp"), 'false, "Name or service not known"' },
  { "socket:sendto", "a stream that is not connected", fresh(function(s, host) return s:sendto(host, 7, "q") end), 'false, "socket must be connected"' },
  { "socket:sendto", "no text", fresh(function(s, host) s:sendto(host, 7) end, "udp"), "error: bad argument #3 to 'sendto' (string expected, got nil)" },
  { "socket:sendto", "a host without a name", fresh(function(s) s:sendto({}, 7, "q") end, "udp"), "error: bad argument #1 to 'sendto' (host table lacks 'ip' or 'targetname' fields)" },

  -- receive
  { "socket:receive", "what there is", on(21, function(s) return s:receive() end), 'true, "220 hel"' },
  { "socket:receive", "silence", on(9, function(s) return s:receive() end), 'nil, "TIMEOUT"' },
  { "socket:receive", "the end, and once more", on(23, function(s) local a, b = s:receive() return a, b, s:receive() end), 'nil, "EOF", false, "EOF"' },
  { "socket:receive", "a reset", on(24, function(s) return s:receive() end), 'nil, "ERROR"' },
  { "socket:receive", "what came before a reset", on(25, function(s) local _, text = s:receive() return text, s:receive() end), '"half a li", nil, "ERROR"' },
  { "socket:receive", "not connected", fresh(function(s) return s:receive() end), 'false, "socket must be connected"' },
  { "socket:receive", "after close", on(7, function(s) s:close() return s:receive() end), 'false, "socket must be connected"' },
  { "socket:receive", "an empty datagram is an end", fresh(function(s, host) s:sendto(host, 7, "") return s:receive() end, "udp"), "~ nil, \"%a+\"" },
  { "socket:receive", "a flood comes in bounded pieces", on(19, function(s) local _, text = s:receive() return #text > 0 and #text < 1024 * 1024 end), "true" },

  -- receive_bytes
  { "socket:receive_bytes", "waits for so many", on(21, function(s) return s:receive_bytes(10) end), 'true, "220 hello\\13\\nrest"' },
  { "socket:receive_bytes", "gives what there is when time is up", on(21, function(s) return s:receive_bytes(100) end), 'true, "220 hello\\13\\nrest"' },
  { "socket:receive_bytes", "gives what there is at the end", on(13, function(s) return s:receive_bytes(100) end), 'true, "one\\ntwo\\nthree\\ntail"' },
  { "socket:receive_bytes", "the end behind it", on(13, function(s) s:receive_bytes(100) local a, b = s:receive_bytes(1) return a, b, s:receive_bytes(1) end), 'nil, "EOF", false, "EOF"' },
  { "socket:receive_bytes", "none, or fewer", on(21, function(s) return s:receive_bytes(0), s:receive_bytes(-5) end), 'true, true, "lo\\13\\nrest"' },
  { "socket:receive_bytes", "silence", on(9, function(s) return s:receive_bytes(4) end), 'nil, "TIMEOUT"' },
  { "socket:receive_bytes", "no number", on(9, function(s) s:receive_bytes() end), "error: bad argument #1 to 'receive_bytes' (number expected, got no value)" },
  { "socket:receive_bytes", "more than a call may gather", on(19, function(s) s:set_timeout(-1) return s:receive_bytes(math.maxinteger) end), "~ true, <1677%d%d%d%d bytes>" },
  { "socket:receive_bytes", "not connected", fresh(function(s) return s:receive_bytes(1) end), 'false, "socket must be connected"' },

  -- receive_lines
  { "socket:receive_lines", "two that came together", on(13, function(s) return s:receive_lines(2) end), 'true, "one\\ntwo\\n"' },
  { "socket:receive_lines", "one: there may be more", on(13, function(s) return s:receive_lines(1) end), 'true, "one\\ntwo\\n"' },
  { "socket:receive_lines", "waits for the third", on(13, function(s) return s:receive_lines(3) end), 'true, "one\\ntwo\\nthree\\n"' },
  { "socket:receive_lines", "half a line at the end", on(13, function(s) return s:receive_lines(4) end), 'true, "one\\ntwo\\nthree\\ntail"' },
  { "socket:receive_lines", "the end behind it", on(13, function(s) s:receive_lines(4) return s:receive_lines(1) end), 'nil, "EOF"' },
  { "socket:receive_lines", "silence", on(9, function(s) return s:receive_lines(1) end), 'nil, "TIMEOUT"' },
  { "socket:receive_lines", "no number", on(9, function(s) s:receive_lines "x" end), "error: bad argument #1 to 'receive_lines' (number expected, got string)" },
  { "socket:receive_lines", "not connected", fresh(function(s) return s:receive_lines(1) end), 'false, "socket must be connected"' },

  -- receive_buf
  { "socket:receive_buf", "up to a pattern, and with it", on(21, function(s) return s:receive_buf("\r?\n", true) end), 'true, "220 hello\\13\\n"' },
  { "socket:receive_buf", "without it, and what is left", on(21, function(s) local _, line = s:receive_buf("\r?\n", false) return line, s:receive_buf("t", true) end), '"220 hello", true, "rest"' },
  { "socket:receive_buf", "a function finds the end", on(13, function(s) return s:receive_buf(function(text) if #text >= 3 then return 2, 3 end end, false) end), 'true, "o"' },
  { "socket:receive_buf", "a function is given all that has come", on(21, function(s)
    local seen = {}
    s:receive_buf(function(text) seen[#seen + 1] = text return text:find "rest" end, true)
    return seen
  end), '{"220 hel", "220 hello\\13\\nrest"}' },
  { "socket:receive_buf", "receive does not see what is left", on(21, function(s) s:receive_buf("220 ", true) return s:receive() end), 'true, "lo\\13\\nrest"' },
  { "socket:receive_buf", "what this call had read is lost at the end, what was left before is not", on(13, function(s)
    s:receive_buf("one", true)
    local a, b = s:receive_buf("never", true)
    return a, b, s:receive_buf("\n", true)
  end), 'nil, "EOF", true, "\\n"' },
  { "socket:receive_buf", "silence", on(9, function(s) return s:receive_buf("\n", true) end), 'nil, "TIMEOUT"' },
  { "socket:receive_buf", "each piece has the whole time", on(13, function(s) s:set_timeout(50) return s:receive_buf("tail", true) end), 'true, "one\\ntwo\\nthree\\ntail"' },
  { "socket:receive_buf", "no flag", on(13, function(s) s:receive_buf "\n" end), "error: bad argument #2 to 'receive_buf' (boolean expected, got no value)" },
  { "socket:receive_buf", "a flag that is none", on(13, function(s) s:receive_buf("\n", 1) end), "error: bad argument #2 to 'receive_buf' (boolean expected, got number)" },
  { "socket:receive_buf", "neither pattern nor function", on(13, function(s) s:receive_buf(5, true) end), "error: bad argument #1 to 'receive_buf' (function/string expected, got number)" },
  { "socket:receive_buf", "an end beyond the text", on(13, function(s) s:receive_buf(function() return 100, 200 end, true) end), "error: invalid indices for match" },
  { "socket:receive_buf", "an end before its beginning", on(13, function(s) s:receive_buf(function() return 2, 1 end, true) end), "error: invalid indices for match" },
  { "socket:receive_buf", "a beginning before the text", on(13, function(s) s:receive_buf(function() return math.mininteger, 1 end, true) end), "error: invalid indices for match" },
  { "socket:receive_buf", "a function that fails", on(13, function(s) s:receive_buf(function() error "mine" end, true) end), "error: mine" },
  { "socket:receive_buf", "a function that closes the socket", on(13, function(s) return s:receive_buf(function() s:close() end, true) end), 'false, "socket must be connected"' },
  { "socket:receive_buf", "a function that would wait", on(13, function(s) s:receive_buf(function() stdnse.sleep(1) end, true) end), "error: attempt to yield across a C-call boundary" },
  { "socket:receive_buf", "a pattern that is none", on(13, function(s) s:receive_buf("[", true) end), "error: malformed pattern (missing ']')" },
  { "socket:receive_buf", "a delimiter that never comes", on(19, function(s) return s:receive_buf("\n", true) end), 'nil, "ERROR"' },
  { "socket:receive_buf", "not connected", fresh(function(s) return s:receive_buf("\n", true) end), 'false, "socket must be connected"' },

  -- get_info
  { "socket:get_info", "the peer", on(7, function(s) return select(4, s:get_info()) end), '"192.0.2.1", 7' },
  { "socket:get_info", "not connected", fresh(function(s) return s:get_info() end), 'false, "socket must be connected"' },
  { "socket:get_info", "udp before any datagram", fresh(function(s) return s:get_info() end, "udp"), 'true, "unknown protocol", 0, "unknown protocol", 0' },
  { "socket:get_info", "a connected udp socket", fresh(function(s, host) s:connect(host, 7) return select(4, s:get_info()) end, "udp"), '"192.0.2.1", 7' },

  -- bind
  { "socket:bind", "a port", fresh(function(s) return s:bind(nil, 0), s:bind("127.0.0.1", 1023), s:bind("::1", 5) end), "true, true, true" },
  { "socket:bind", "no port", fresh(function(s) s:bind "127.0.0.1" end), "error: bad argument #2 to 'bind' (number expected, got no value)" },
  { "socket:bind", "a name is no address", fresh(function(s) return s:bind("one.example", 0) end), 'false, "getaddrinfo: Name or service not known"' },
  { "socket:bind", "a number that is no port", fresh(function(s) s:bind(nil, 65536) end), "error: bad argument #2 to 'bind' (port out of range)" },

  -- close
  { "socket:close", "once, and twice", on(7, function(s) local a = s:close() return a, s:close() end), 'true, false, "socket already closed"' },
  { "socket:close", "never opened", fresh(function(s) return s:close() end), 'false, "socket already closed"' },
  { "socket:close", "after a connection that was refused", fresh(function(s, host) s:connect(host, 1) return s:close() end), "true" },
  { "socket:close", "the buffer of receive_buf is forgotten", fresh(function(s, host)
    s:connect(host, 21)
    s:receive_buf("220", true)
    s:close()
    s:connect(host, 7)
    s:send "new"
    return s:receive_buf("w", true)
  end), 'true, "new"' },
  { "socket:close", "the timeout is the usual one again", fresh(function(s, host)
    s:connect(host, 9)
    s:set_timeout(100)
    s:close()
    s:connect(host, 9)
    return seconds(s.receive, s)
  end), "30.0" },
  { "socket:close", "the peer is told", function(host)
    local before = stage.open()
    local s = nmap.new_socket()
    s:connect(host, 7)
    local between = stage.open()
    s:close()
    stdnse.sleep(1)
    return between - before, stage.open() - before
  end, "1, 0" },

  -- get_ssl_certificate
  { "socket:get_ssl_certificate", "the server's", fresh(function(s, host) if TLS then s:connect(host, 443, "ssl") return s:get_ssl_certificate().subject.commonName end end), tls('"peer.example"', "") },
  { "socket:get_ssl_certificate", "of one that began in clear text", on(587, function(s)
    s:send "STARTTLS"
    s:receive()
    return s:reconnect_ssl() and s:get_ssl_certificate().subject.commonName
  end), tls('"peer.example"', "~ .*") },
  { "socket:get_ssl_certificate", "without TLS", on(7, function(s) s:get_ssl_certificate() end), "error: calling 'get_ssl_certificate' on bad self (not a SSL socket)" },
  { "socket:get_ssl_certificate", "not connected", fresh(function(s) return s:get_ssl_certificate() end), 'false, "socket must be connected"' },

  -- Capture: there is none.
  { "socket:pcap_open", "cannot", fresh(function(s) s:pcap_open("lo", 104, false, "icmp") end), "error: can't open pcap reader on lo" },
  { "socket:pcap_open", "no device", fresh(function(s) s:pcap_open() end), "error: bad argument #1 to 'pcap_open' (string expected, got no value)" },
  { "socket:pcap_receive", "is none", fresh(function(s) s:pcap_receive() end), "error: not a pcap socket" },
  { "socket:pcap_register", "is none", fresh(function(s) s:pcap_register() end), "error: not a pcap socket" },
  { "socket:pcap_close", "as close", fresh(function(s) return s:pcap_close() end), 'false, "socket already closed"' },

  -- One socket and several coroutines.
  { "socket:send", "from another coroutine", on(7, function(s)
    s:send "a"
    return coroutine.wrap(function() return pcall(s.send, s, "b") end)()
  end), '~ false, "Invalid reuse of a socket from one thread to another%."' },
  { "socket:send", "from another coroutine right after connect", on(7, function(s) return coroutine.wrap(function() return s:send "b" end)() end), "true" },
  { "socket:close", "while another thread waits on it", fresh(function(s, host)
    s:connect(host, 9)
    stdnse.new_thread(function() s:receive() end)
    stdnse.sleep(0.1)
    s:close()
  end), "error: Invalid reuse of a socket from one thread to another." },
  { "socket:connect", "while another thread waits on it", fresh(function(s, host)
    s:connect(host, 9)
    stdnse.new_thread(function() s:receive() end)
    stdnse.sleep(0.1)
    s:connect(host, 7)
  end), "error: Invalid reuse of a socket from one thread to another." },
  { "socket:receive", "in a coroutine of the script's own", on(21, function(s) return coroutine.wrap(function() return s:receive() end)() end), 'true, "220 hel"' },

  -- Raw packets: there are none.
  { "dnet:ethernet_open", "cannot", function() nmap.new_dnet():ethernet_open "lo" end, "error: unable to open dnet on ethernet interface lo" },
  { "dnet:ethernet_send", "not open", function() nmap.new_dnet():ethernet_send "x" end, "error: dnet ethernet interface is not open" },
  { "dnet:ethernet_close", "nothing to close", function() return nmap.new_dnet():ethernet_close() end, "true" },
  { "dnet:ip_open", "cannot", function() nmap.new_dnet():ip_open() end, "error: failed to open raw socket: raw packets are not available" },
  { "dnet:ip_send", "not open", function() nmap.new_dnet():ip_send("x", { ip = "192.0.2.1" }) end, "error: raw socket not open to send" },
  { "dnet:ip_close", "nothing to close", function() return nmap.new_dnet():ip_close() end, "true" },
  { "nmap.dnet.new", "an object", function() return nmap.dnet.new(), getmetatable(nmap.dnet.new()) end, "userdata, {}" },
  { "nmap.dnet.get_interface_info", "as in nmap", function() return nmap.dnet.get_interface_info == nmap.get_interface_info end, "true" },
}

action = function(host)
  local names = rows.names("nmap.socket.", nmap.socket)
  rows.names("nmap.dnet.", nmap.dnet, names)
  rows.list("socket:", stage.methods("descry.socket", nmap.new_socket()), names)
  rows.list("dnet:", stage.methods("descry.dnet", nmap.new_dnet()), names)
  return rows.run(table_of_rows, names, host)
end
