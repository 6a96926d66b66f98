description = [[Rows for the functions of the module nmap that do not talk to the network (specs/script-host.md, 3.1).]]
categories = { "safe" }

local nmap = require "nmap"
local rows = require "rows"
local stdnse = require "stdnse"

hostrule = function()
  return true
end

local function port(number, protocol, version)
  return { number = number, protocol = protocol or "tcp", version = version }
end

local function state(host, number, protocol)
  local p = nmap.get_port_state(host, port(number, protocol))
  return p and p.state, p and p.reason
end

-- Sets a version on port 80, of which nothing is known before, and tells what the record has: name, product, version, info, host name, system, device, tunnel,
-- confidence, number of CPEs.
local function versioned(version, how)
  return function(host)
    stage.forget_service(80)
    nmap.set_port_version(host, port(80, "tcp", version), how)
    return stage.service(80)
  end
end

local function numbers(host, protocol, wanted)
  local out, p = {}, nmap.get_ports(host, nil, protocol, wanted)
  while p do
    out[#out + 1] = p.number
    p = nmap.get_ports(host, p, protocol, wanted)
  end
  return table.concat(out, " ")
end

local LONG = ("x"):rep(2000)

local table_of_rows = {
  -- The run.
  { "nmap.registry", "has the arguments", function() return nmap.registry.args end, '{"alone", key="value", list={"one", "two", deep={k="v"}}, script-intensity="5"}' },
  { "nmap.registry", "keeps what is put there", function() nmap.registry.mine = 1 return nmap.registry.mine end, "1" },
  { "nmap.verbosity", "one more for a script that was named", function() return nmap.verbosity() end, "3" },
  { "nmap.debugging", "the level", function() return nmap.debugging() end, "1" },
  { "nmap.version_intensity", "nine for a script that was named, whatever the arguments say", function() return nmap.version_intensity() end, "9" },
  { "nmap.timing_level", "the template", function() return nmap.timing_level() end, "3" },
  { "nmap.have_ssl", "a flag", function() return nmap.have_ssl() end, "~ %a+" },
  { "nmap.is_privileged", "never: no raw packets", function() return nmap.is_privileged() end, "false" },
  { "nmap.address_family", "of the scan", function() return nmap.address_family() end, '"inet"' },
  { "nmap.clock", "seconds with a fraction", function() return math.type(nmap.clock()), nmap.clock() > 1.7e9 end, '"float", true' },
  { "nmap.clock_ms", "a whole number of milliseconds, as a float", function()
    local ms = nmap.clock_ms()
    return math.type(ms), ms == math.floor(ms), math.abs(ms / 1000 - nmap.clock()) < 60
  end, '"float", true, true' },
  { "nmap.log_write", "a line for people", function() stage.messages() nmap.log_write("stdout", "a line") nmap.log_write("stderr", "another") return stage.messages() end,
    '"NSE: a line\\nNSE: another\\n"' },
  { "nmap.log_write", "elsewhere", function() nmap.log_write("paper", "x") end, "error: bad argument #1 to 'log_write' (invalid option 'paper')" },
  { "nmap.log_write", "no text", function() nmap.log_write("stdout") end, "error: bad argument #2 to 'log_write' (string expected, got no value)" },
  { "nmap.fetchfile", "a file below a data directory", function() return nmap.fetchfile("lib/rows.lua") end, '~ ".*/tests/script/lib/rows%.lua"' },
  { "nmap.fetchfile", "a directory is no file", function() return nmap.fetchfile("lib") end, "nil" },
  { "nmap.fetchfile", "a miss", function() return nmap.fetchfile("no-such-file") end, "nil" },
  { "nmap.fetchfile", "absolute", function() return nmap.fetchfile("/etc/passwd") end, "nil" },
  { "nmap.fetchfile", "out of the directory", function() return nmap.fetchfile("../../README.md"), nmap.fetchfile("lib/../../check.lua"), nmap.fetchfile("") end, "nil, nil, nil" },
  { "nmap.fetchfile", "a NUL in the name", function() return nmap.fetchfile("no\0such") end, "nil" },
  { "nmap.get_random_bytes", "so many", function() return #nmap.get_random_bytes(1000), nmap.get_random_bytes(16) ~= nmap.get_random_bytes(16) end, "1000, true" },
  { "nmap.get_random_bytes", "none", function() return nmap.get_random_bytes(0) end, '""' },
  { "nmap.get_random_bytes", "fewer than none", function() return nmap.get_random_bytes(-1) end, "error: Invalid length argument to get_random_bytes." },
  { "nmap.get_random_bytes", "more than a script may have", function() return nmap.get_random_bytes(math.maxinteger) end, "error: Invalid length argument to get_random_bytes." },
  { "nmap.get_random_bytes", "no number", function() return nmap.get_random_bytes "x" end, "error: bad argument #1 to 'get_random_bytes' (number expected, got string)" },
  { "nmap.get_ttl", "the usual one", function() return nmap.get_ttl() end, "64" },
  { "nmap.get_payload_length", "nothing is added", function() return nmap.get_payload_length() end, "0" },
  { "nmap.get_interface", "none is named", function() return nmap.get_interface() end, "nil" },
  { "nmap.get_dns_servers", "a list of addresses", function()
    for _, address in ipairs(nmap.get_dns_servers()) do
      if not address:find "^[%x.:]+$" then
        return address
      end
    end
  end, "" },
  { "nmap.port_is_excluded", "what is never asked", function() return nmap.port_is_excluded(9100, "tcp"), nmap.port_is_excluded(9100, "udp"), nmap.port_is_excluded(80, "tcp") end,
    "true, false, false" },
  { "nmap.port_is_excluded", "no port", function() return nmap.port_is_excluded(-1, "tcp"), nmap.port_is_excluded(74636, "tcp") end, "false, false" },
  { "nmap.port_is_excluded", "no protocol", function() return nmap.port_is_excluded(80) end, "error: bad argument #2 to 'port_is_excluded' (string expected, got no value)" },

  -- Interfaces.
  { "nmap.list_interfaces", "has the loopback", function()
    for _, i in ipairs(nmap.list_interfaces()) do
      if i.device == "lo" then
        return i.shortname, i.link, math.type(i.netmask), math.type(i.mtu), type(i.address), i.up == "up" or i.up == "down", i.mac, i.broadcast
      end
    end
    return "lo", "loopback", "integer", "integer", "string", true, nil, nil -- a machine whose loopback has no address
  end, '"lo", "loopback", "integer", "integer", "string", true, nil, nil' },
  { "nmap.get_interface_info", "unknown", function() return nmap.get_interface_info("nosuch0") end, 'false, "failed to find interface"' },
  { "nmap.get_interface_info", "no name", function() return nmap.get_interface_info() end, "error: bad argument #1 to 'get_interface_info' (string expected, got no value)" },
  { "nmap.get_interface_info", "a name that is too long", function() return nmap.get_interface_info(LONG) end, 'false, "failed to find interface"' },

  -- Targets.
  { "nmap.add_targets", "nothing to add", function() return nmap.add_targets() end, "0" },
  { "nmap.add_targets", "two", function() return nmap.add_targets("192.0.2.7", "198.51.100.0/24") end, "2" },
  { "nmap.add_targets", "stops at the first that is not taken", function() return nmap.add_targets("192.0.2.8", "refused.example", "192.0.2.9") end, "1" },
  { "nmap.add_targets", "none is taken", function() return nmap.add_targets("refused.example") end, '0, "failed to add new targets."' },
  { "nmap.add_targets", "too long", function() return nmap.add_targets(LONG) end, '0, "failed to add new targets."' },
  { "nmap.add_targets", "no text", function() return nmap.add_targets {} end, "error: bad argument #1 to 'add_targets' (string expected, got table)" },
  { "nmap.add_targets", "all that were added", function() return stage.targets() end, '"192.0.2.7\\n198.51.100.0/24\\n192.0.2.8\\n"' },
  { "nmap.new_targets_num", "how many", function() return nmap.new_targets_num() end, "3" },

  -- Ports.
  { "nmap.get_port_state", "open", function(host) return nmap.get_port_state(host, port(22)) end,
    '{number=22, protocol="tcp", reason="syn-ack", reason_ttl=0, service="ssh", state="open", version={cpe={"cpe:/a:openbsd:openssh:9.2"}, devicetype="server", ' ..
    'extrainfo="protocol 2.0", hostname="box", name="ssh", name_confidence=10.0, ostype="Linux", product="OpenSSH", service_dtype="probed", service_tunnel="none", version="9.2"}}' },
  { "nmap.get_port_state", "closed, of which nothing is known", function(host) return nmap.get_port_state(host, port(81)) end,
    '{number=81, protocol="tcp", reason="conn-refused", reason_ttl=0, state="closed", version={cpe={}, name_confidence=3.0, service_dtype="table", service_tunnel="none"}}' },
  { "nmap.get_port_state", "a name from the table of ports", function(host) local p = nmap.get_port_state(host, port(53, "udp")) return p.service, p.version.name end, '"domain", "domain"' },
  { "nmap.get_port_state", "was not asked", function(host) return nmap.get_port_state(host, port(9)), nmap.get_port_state(host, port(22, "udp")) end, "nil, nil" },
  { "nmap.get_port_state", "a number that is none", function(host) return nmap.get_port_state(host, port(22 + 65536)), nmap.get_port_state(host, port(-1)) end, "nil, nil" },
  { "nmap.get_port_state", "sctp is not scanned", function(host) return nmap.get_port_state(host, port(22, "sctp")) end, "nil" },
  { "nmap.get_port_state", "a fresh table each time", function(host) return nmap.get_port_state(host, port(22)) == nmap.get_port_state(host, port(22)) end, "false" },
  { "nmap.get_port_state", "the host by its address alone", function() return nmap.get_port_state({ ip = "192.0.2.1" }, port(22)).state end, '"open"' },
  { "nmap.get_port_state", "the host by its name alone", function() return nmap.get_port_state({ targetname = "server.example" }, port(22)).state end, '"open"' },
  { "nmap.get_port_state", "another host", function() return nmap.get_port_state({ ip = "192.0.2.2" }, port(22)) end,
    "error: bad argument #1 to 'get_port_state' (host is not being processed right now)" },
  { "nmap.get_port_state", "a host without a name", function() return nmap.get_port_state({}, port(22)) end,
    "error: bad argument #1 to 'get_port_state' (host table does not have a 'ip' or 'targetname' field)" },
  { "nmap.get_port_state", "a false handle", function() return nmap.get_port_state({ _Target = io.stdout, ip = 5 }, port(22)) end,
    "error: bad argument #1 to 'get_port_state' (host table does not have a 'ip' or 'targetname' field)" },
  { "nmap.get_port_state", "no host", function() return nmap.get_port_state("192.0.2.1", port(22)) end, "error: bad argument #1 to 'get_port_state' (table expected, got string)" },
  { "nmap.get_port_state", "no port", function(host) return nmap.get_port_state(host) end, "error: bad argument #2 to 'get_port_state' (table expected, got no value)" },
  { "nmap.get_port_state", "a float as number", function(host) return nmap.get_port_state(host, port(22.0)) end, "error: port 'number' field must be an integer" },
  { "nmap.get_port_state", "a text as number", function(host) return nmap.get_port_state(host, port "22") end, "error: port 'number' field must be an integer" },
  { "nmap.get_port_state", "no protocol", function(host) return nmap.get_port_state(host, { number = 22 }) end, "error: port 'protocol' field must be a string" },
  { "nmap.get_port_state", "an unknown protocol", function(host) return nmap.get_port_state(host, port(22, "ip")) end,
    "error: port 'protocol' field must be \"udp\", \"sctp\" or \"tcp\"" },
  { "nmap.get_ports", "open tcp ports, and no others behind them", function(host) return numbers(host, "tcp", "open") end, '"7 22 80"' },
  { "nmap.get_ports", "udp", function(host) return numbers(host, "udp", "open") end, '"53"' },
  { "nmap.get_ports", "each state", function(host)
    return numbers(host, "tcp", "closed"), numbers(host, "udp", "open|filtered"), numbers(host, "tcp", "filtered"), numbers(host, "tcp", "unfiltered"),
      numbers(host, "tcp", "closed|filtered")
  end, '"81", "161", "", "", ""' },
  { "nmap.get_ports", "sctp", function(host) return nmap.get_ports(host, nil, "sctp", "open") end, "nil" },
  { "nmap.get_ports", "behind a port that was not asked", function(host) return nmap.get_ports(host, port(8), "tcp", "open").number end, "22" },
  { "nmap.get_ports", "an unknown state", function(host) return nmap.get_ports(host, nil, "tcp", "ajar") end, "error: bad argument #4 to 'get_ports' (invalid option 'ajar')" },
  { "nmap.get_ports", "an unknown protocol", function(host) return nmap.get_ports(host, nil, "ip", "open") end, "error: bad argument #3 to 'get_ports' (invalid option 'ip')" },
  { "nmap.get_ports", "no state", function(host) return nmap.get_ports(host, nil, "tcp") end, "error: bad argument #4 to 'get_ports' (string expected, got no value)" },
  { "nmap.set_port_state", "closed, and open again", function(host)
    local given = { select("#", nmap.set_port_state(host, port(80), "closed")) }
    local a, b = state(host, 80)
    nmap.set_port_state(host, port(80), "open")
    return given[1], a, b, state(host, 80)
  end, '0, "closed", "script-set", "open", "script-set"' },
  { "nmap.set_port_state", "the state it has", function(host) nmap.set_port_state(host, port(22), "open") return state(host, 22) end, '"open", "syn-ack"' },
  { "nmap.set_port_state", "a port that was not asked", function(host) nmap.set_port_state(host, port(9), "open") return state(host, 9) end, "nil, nil" },
  { "nmap.set_port_state", "another state", function(host) nmap.set_port_state(host, port(22), "filtered") end, "error: bad argument #3 to 'set_port_state' (invalid option 'filtered')" },
  { "nmap.set_port_state", "no state", function(host) nmap.set_port_state(host, port(22)) end, "error: bad argument #3 to 'set_port_state' (string expected, got no value)" },

  -- Versions.
  { "nmap.set_port_version", "all fields", versioned { name = "n", product = "p", version = "v", extrainfo = "e", hostname = "h", ostype = "o", devicetype = "d",
    service_tunnel = "ssl", cpe = { "cpe:/a:b:c", "cpe:/o:d:e" } }, '"n", "p", "v", "e", "h", "o", "d", "tls", 10, 2' },
  { "nmap.set_port_version", "gives nothing", function(host) return nmap.set_port_version(host, port(80, "tcp", {})) end, "" },
  { "nmap.set_port_version", "hardmatched", versioned({ name = "n" }, "hardmatched"), '"n", nil, nil, nil, nil, nil, nil, nil, 10, 0' },
  { "nmap.set_port_version", "softmatched: less sure", versioned({ name = "n" }, "softmatched"), '"n", nil, nil, nil, nil, nil, nil, nil, 5, 0' },
  { "nmap.set_port_version", "nomatch changes nothing", versioned({ name = "n" }, "nomatch"), "nil, nil, nil, nil, nil, nil, nil, nil, 0, 0" },
  { "nmap.set_port_version", "incomplete changes nothing", versioned({ name = "n" }, "incomplete"), "nil, nil, nil, nil, nil, nil, nil, nil, 0, 0" },
  { "nmap.set_port_version", "tcpwrapped has a name of its own", versioned({}, "tcpwrapped"), '"tcpwrapped", nil, nil, nil, nil, nil, nil, nil, 8, 0' },
  { "nmap.set_port_version", "an unknown state", versioned({ name = "n" }, "guessed"), "error: bad argument #3 to 'set_port_version' (invalid option 'guessed')" },
  { "nmap.set_port_version", "the caller's table stays", function(host) local p = port(80, "tcp", { name = "n" }) nmap.set_port_version(host, p) return p.version end, '{name="n"}' },
  { "nmap.set_port_version", "seen by get_port_state", function(host)
    nmap.set_port_version(host, port(80, "tcp", { name = "n", service_tunnel = "ssl" }))
    local v = nmap.get_port_state(host, port(80)).version
    return v.name, v.service_tunnel, v.service_dtype, v.name_confidence
  end, '"n", "ssl", "probed", 10.0' },
  { "nmap.set_port_version", "a nil field keeps what was known of the same service", function(host)
    stage.forget_service(80)
    nmap.set_port_version(host, port(80, "tcp", { name = "n", product = "p" }))
    nmap.set_port_version(host, port(80, "tcp", { name = "n", version = "2" }))
    return stage.service(80)
  end, '"n", "p", "2", nil, nil, nil, nil, nil, 10, 0' },
  { "nmap.set_port_version", "another service erases it", function(host)
    nmap.set_port_version(host, port(80, "tcp", { name = "m", version = "3" }))
    return stage.service(80)
  end, '"m", nil, "3", nil, nil, nil, nil, nil, 10, 0' },
  { "nmap.set_port_version", "unprintable bytes are points, a NUL ends", versioned { name = "n", product = "a\n\200b\0c" }, '"n", "a..b", nil, nil, nil, nil, nil, nil, 10, 0' },
  { "nmap.set_port_version", "long texts are cut", function(host)
    stage.forget_service(80)
    nmap.set_port_version(host, port(80, "tcp", { name = "n", product = LONG, version = LONG, extrainfo = LONG, hostname = LONG, ostype = LONG, devicetype = LONG }))
    local _, p, v, e, h, o, d = stage.service(80)
    return #p, #v, #e, #h, #o, #d
  end, "79, 79, 255, 79, 31, 31" },
  { "nmap.set_port_version", "cpe is no table", versioned { name = "n", cpe = "cpe:/a:b:c" }, "error: port.version 'cpe' field must be a table" },
  { "nmap.set_port_version", "what is no CPE is left out, and too many are", function(host)
    local many = { "nonsense", 5 }
    for i = 1, 1000 do
      many[#many + 1] = "cpe:/a:b:" .. i
    end
    stage.forget_service(80)
    nmap.set_port_version(host, port(80, "tcp", { name = "n", cpe = many }))
    local count = select(10, stage.service(80))
    return count > 0 and count < 100
  end, "true" },
  { "nmap.set_port_version", "an unknown tunnel", versioned { name = "n", service_tunnel = "ssh" }, "error: bad argument #2 to 'set_port_version' (invalid value for port.version.service_tunnel)" },
  { "nmap.set_port_version", "version is no table", versioned "9.2", "error: port 'version' field must be a table" },
  { "nmap.set_port_version", "a port that was not asked", function(host) return nmap.set_port_version(host, port(9, "tcp", { name = "n" })) end, "" },
  { "nmap.set_port_version", "a table that answers by errors", versioned(setmetatable({}, { __index = function() error "no" end })), "error: no" },

  -- Objects with a suite of their own are made.
  { "nmap.new_socket", "an object", function() return nmap.new_socket() end, "userdata" },
  { "nmap.new_dnet", "an object", function() return nmap.new_dnet() end, "userdata" },
  { "nmap.socket", "a table, and a module", function() return nmap.socket == require "nmap.socket", nmap.socket.new == nmap.new_socket end, "true, true" },
  { "nmap.dnet", "a table, and a module", function() return nmap.dnet == require "nmap.dnet", nmap.dnet.new == nmap.new_dnet end, "true, true" },

  -- Names: answers come later than the call.
  { "nmap.resolve", "two addresses", function() return nmap.resolve "one.example" end, 'true, {"192.0.2.1", "192.0.2.9"}' },
  { "nmap.resolve", "takes time, in which others run", function() local t = stage.time() nmap.resolve "one.example" return stage.time() - t > 0.01 end, "true" },
  { "nmap.resolve", "of a family", function() return nmap.resolve("one.example", "inet6") end, 'false, "Failed to resolve"' },
  { "nmap.resolve", "of any family", function() return (nmap.resolve("one.example", "unspec")) end, "true" },
  { "nmap.resolve", "an address", function() return nmap.resolve "192.0.2.5" end, 'true, {"192.0.2.5"}' },
  { "nmap.resolve", "an address of another family", function() return nmap.resolve("192.0.2.5", "inet6") end, 'false, "Failed to resolve"' },
  { "nmap.resolve", "a name that is not there", function() return nmap.resolve "none.example" end, 'false, "Failed to resolve"' },
  { "nmap.resolve", "an unknown family", function() return nmap.resolve("one.example", "ipx") end, "error: bad argument #2 to 'resolve' (invalid option 'ipx')" },
  { "nmap.resolve", "no name", function() return nmap.resolve() end, "error: bad argument #1 to 'resolve' (string expected, got no value)" },

  -- Exceptions.
  { "nmap.new_try", "the rest of a success", function() return nmap.new_try()(true, 1, nil, "x") end, '1, nil, "x"' },
  { "nmap.new_try", "a failure", function() return nmap.new_try()(false, "why") end, 'error: {errtype="nmap.new_try", message="why"}' },
  { "nmap.new_try", "nil is a failure", function() return nmap.new_try()(nil, "why", "more") end, 'error: {errtype="nmap.new_try", message="why"}' },
  { "nmap.new_try", "without a reason", function() return nmap.new_try()(false) end, 'error: {errtype="nmap.new_try"}' },
  { "nmap.new_try", "what is no flag counts by its truth, with a line", function() stage.messages() return nmap.new_try()("text", 1), stage.messages() end,
    '1, "finalizing a non-conforming function that did not first return a boolean\\n"' },
  { "nmap.new_try", "a handler is called first", function() local seen local ok = pcall(nmap.new_try(function() seen = true end), false) return ok, seen end, "false, true" },
  { "nmap.new_try", "a handler may wait", function() return select(2, pcall(nmap.new_try(function() stdnse.sleep(1) end), false, "why")) end, '{errtype="nmap.new_try", message="why"}' },
  { "nmap.new_try", "a handler's error takes its place", function() return nmap.new_try(function() error("mine", 0) end)(false, "why") end, "error: mine" },
  { "nmap.new_try", "a handler that is no function is none", function() return nmap.new_try(5)(false, "why") end, 'error: {errtype="nmap.new_try", message="why"}' },

  -- Mutexes and condition variables: more in threads.nse.
  { "nmap.mutex", "a function", function() return nmap.mutex "m" end, "function" },
  { "nmap.condvar", "a function", function() return nmap.condvar "c" end, "function" },
  { "nmap.set_port_state", "a table that answers by errors", function(host)
    nmap.set_port_state(host, setmetatable({}, { __index = function() error "no" end }), "open")
  end, "error: no" },
}

action = function(host)
  return rows.run(table_of_rows, rows.names("nmap.", nmap), host)
end
