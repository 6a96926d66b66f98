description = [[Rows for the four rules of a script: what each is given, and what may be done in it (specs/script-host.md, 1.3, 1.6, 3.1).]]
categories = { "safe" }

local nmap = require "nmap"
local rows = require "rows"
local stdnse = require "stdnse"

local log = nmap.registry.log or {}
nmap.registry.log = log

-- Each rule notes what it was given.
local function noted(...)
  log[#log + 1] = SCRIPT_TYPE .. " " .. select("#", ...)
  return ...
end

function prerule(...)
  noted(...)
  return true
end

function hostrule(...)
  local host = noted(...)
  host.registry.from_host = "yes"
  return true
end

function portrule(...)
  local _, port = noted(...)
  return port.number == 22 and port.protocol == "tcp"
end

function postrule(...)
  noted(...)
  return "any true value"
end

local given

local suites = {
  prerule = {
    { "prerule", "is given nothing", function() return given.n, SCRIPT_TYPE end, '0, "prerule"' },
    { "prerule", "no host and no port", function() return stdnse.gethostport() end, "nil, nil" },
    { "prerule", "sockets belong to no host, and work", function() local s = nmap.new_socket() return s:connect("192.0.2.1", 7), s:send "x", s:receive() end, 'true, true, true, "x"' },
    { "prerule", "targets may be added", function() return nmap.add_targets "192.0.2.77" end, "1" },
    { "prerule", "a host that is not looked at yet", function() nmap.get_port_state({ ip = "192.0.2.99" }, { number = 1, protocol = "tcp" }) end,
      "error: bad argument #1 to 'get_port_state' (host is not being processed right now)" },
  },
  hostrule = {
    { "hostrule", "is given the host", function() return given.n, given[1].ip, SCRIPT_TYPE end, '1, "192.0.2.1", "hostrule"' },
    { "hostrule", "no port", function() local host, port = stdnse.gethostport() return host == given[1], port end, "true, nil" },
    { "hostrule", "the action has what the rule had", function() return given[1].registry.from_host end, '"yes"' },
  },
  portrule = {
    { "portrule", "is given host and port", function() return given.n, given[1].ip, given[2].number, given[2].protocol, SCRIPT_TYPE end, '2, "192.0.2.1", 22, "tcp", "portrule"' },
    { "portrule", "both are the instance's", function() local host, port = stdnse.gethostport() return host == given[1], port == given[2] end, "true, true" },
    { "portrule", "the registry of the host is shared", function() return given[1].registry.from_host end, '"yes"' },
    { "portrule", "the port's fields", function() return given[2].state, given[2].service, given[2].version.product, given[2].reason end, '"open", "ssh", "OpenSSH", "syn-ack"' },
    { "portrule", "changes to a table are the instance's own", function()
      given[2].version.product = "Changed"
      return nmap.get_port_state(given[1], given[2]).version.product
    end, '"OpenSSH"' },
    { "portrule", "set_port_version takes the table that was given", function()
      given[2].version.product = "Changed"
      nmap.set_port_version(given[1], given[2])
      return nmap.get_port_state(given[1], given[2]).version.product
    end, '"Changed"' },
  },
  postrule = {
    { "postrule", "is given nothing", function() return given.n, SCRIPT_TYPE end, '0, "postrule"' },
    { "postrule", "no more targets", function() return nmap.add_targets "192.0.2.78" end, "~ 0.*" },
    { "postrule", "the registry of the run lived as long", function() return nmap.registry.log == log end, "true" },
    { "postrule", "rules were asked: once for the run, once a host, once for each port that may be open", function()
      local count = {}
      for _, line in ipairs(log) do
        count[line] = (count[line] or 0) + 1
      end
      return count
    end, "{hostrule 1=1, portrule 2=5, postrule 0=1, prerule 0=1}" },
    { "postrule", "the order of phases", function() return log[1], log[#log] end, '"prerule 0", "postrule 0"' },
  },
}

function action(...)
  given = table.pack(...)
  return rows.run(suites[SCRIPT_TYPE], { SCRIPT_TYPE }, ...)
end
