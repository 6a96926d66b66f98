-- mock: a small stand-in for the script host, in plain Lua, so that libraries and scripts are tested without it.
--
-- Its network is a table of peers: mock.peers["tcp/80"] = function(say) ... end makes a peer for each connection; it returns a function that is
-- given what the client sends and may call say(bytes) and say(nil) (the peer closes). Nothing waits: a receive with nothing to receive is a TIMEOUT.
local M = { peers = {}, sent = {}, log = {}, told = {} }

local here = (arg and arg[0] or ""):match("^(.*)/[^/]*$") or "."
M.top = M.top or os.getenv "DESCRY_TOP" or here .. "/../.."
package.path = M.top .. "/scripts/lib/?.lua;" .. here .. "/?.lua"
package.cpath = package.cpath .. ";/usr/lib/x86_64-linux-gnu/lua/5.4/?.so"

-- ------------------------------------------------------------------------------------------------------------------------- sockets

local Socket = {}
Socket.__index = Socket
local MIXED = { tcp = "tcp", ssl = "ssl", udp = "udp" }

local function number_of(port)
  return type(port) == "table" and port.number or tonumber(port)
end

function Socket:set_timeout()
  return true
end

function Socket:connect(host, port, protocol)
  local _ = host
  protocol = MIXED[protocol or type(port) == "table" and port.protocol or self.protocol]
  local name = protocol .. "/" .. number_of(port)
  local peer = M.peers[name]
  M.connections = (M.connections or 0) + 1
  self.inbox, self.ended, self.open, self.kind = {}, false, true, protocol
  if not peer then
    -- An unreachable udp port is only known when something was sent.
    if protocol == "udp" then
      self.hear = function() end
      return true
    end
    self.open = false
    return nil, "ERROR"
  end
  self.hear = peer(function(bytes)
    if bytes == nil then
      self.ended = true
    else
      self.inbox[#self.inbox + 1] = bytes
    end
  end, self) or function() end
  return true
end

function Socket:reconnect_ssl()
  local secure = self.secure
  if not secure then
    return nil, "ERROR"
  end
  self.hear = secure()
  return true
end

function Socket:send(data)
  if not self.open then
    return false, "socket must be connected"
  end
  M.sent[#M.sent + 1] = data
  self.hear(data)
  return true
end

function Socket:sendto(host, port, data)
  if not self.open then
    self:connect(host, port, "udp")
  end
  return self:send(data)
end

local function next_piece(self)
  if not self.open then
    return nil, "socket must be connected"
  end
  if M.dribble and self.kind ~= "udp" and self.inbox[1] and #self.inbox[1] > 1 then
    table.insert(self.inbox, 2, self.inbox[1]:sub(2))
    self.inbox[1] = self.inbox[1]:sub(1, 1)
  end
  if #self.inbox > 0 then
    return table.remove(self.inbox, 1)
  end
  return nil, self.ended and "EOF" or "TIMEOUT"
end

function Socket:receive()
  local piece, why = next_piece(self)
  if not piece then
    return nil, why
  end
  if self.kind ~= "udp" and not M.dribble then
    while #self.inbox > 0 do
      piece = piece .. table.remove(self.inbox, 1)
    end
  end
  return true, piece
end

local function receive_until(self, enough)
  local data = ""
  while not enough(data) do
    local piece, why = next_piece(self)
    if not piece then
      if data == "" then
        return nil, why
      end
      break
    end
    data = data .. piece
  end
  return true, data
end

function Socket:receive_bytes(count)
  return receive_until(self, function(data)
    return #data >= count
  end)
end

function Socket:receive_lines(count)
  return receive_until(self, function(data)
    return select(2, data:gsub("\n", "")) >= count
  end)
end

function Socket:receive_buf(delimiter, keep)
  self.kept = self.kept or ""
  while true do
    local first, last
    if type(delimiter) == "function" then
      first, last = delimiter(self.kept)
    else
      first, last = self.kept:find(delimiter)
    end
    if first then
      local piece = self.kept:sub(1, keep and last or first - 1)
      self.kept = self.kept:sub(last + 1)
      return true, piece
    end
    local piece, why = next_piece(self)
    if not piece then
      return nil, why
    end
    self.kept = self.kept .. piece
  end
end

function Socket:get_info()
  return true, "127.0.0.1", 40000, "127.0.0.1", 1
end

function Socket:bind()
  return true
end

function Socket:get_ssl_certificate()
  return M.certificate
end

function Socket:close()
  local was = self.open
  self.open = false
  return was and true or false, not was and "socket already closed" or nil
end

-- ---------------------------------------------------------------------------------------------------------------------------- nmap

local random = 0

local nmap = {
  registry = { args = {} },
  verbosity = function() return M.verbose or 0 end,
  debugging = function() return M.debug or 0 end,
  version_intensity = function() return M.intensity or 7 end,
  timing_level = function() return 3 end,
  have_ssl = function() return true end,
  is_privileged = function() return false end,
  address_family = function() return "inet" end,
  clock = function() return 1800000000.5 end,
  clock_ms = function() return 1800000000500.0 end,
  log_write = function(_, text) M.log[#M.log + 1] = text end,
  fetchfile = function() return nil end,
  port_is_excluded = function() return false end,
  get_dns_servers = function() return { "127.0.0.53" } end,
  resolve = function(name) return true, { name } end,
  add_targets = function(...) return select("#", ...) end,
  new_targets_num = function() return 0 end,
  get_interface = function() return nil end,
  list_interfaces = function() return {} end,
  -- Not random: tests want the same bytes each time.
  get_random_bytes = function(count)
    local out = {}
    for i = 1, count do
      random = (random * 1103515245 + 12345) & 0x7fffffff
      out[i] = string.char(random >> 16 & 255)
    end
    return table.concat(out)
  end,
  mutex = function()
    return function() end
  end,
  condvar = function()
    return function() end
  end,
}

function nmap.new_socket(protocol)
  return setmetatable({ protocol = protocol or "tcp", inbox = {} }, Socket)
end

function nmap.new_try(handler)
  return function(ok, ...)
    if ok then
      return ...
    end
    if handler then
      handler()
    end
    error({ errtype = "nmap.new_try", message = (...) }, 0)
  end
end

function nmap.set_port_version(_, port, state)
  M.told[#M.told + 1] = { state = state or "hardmatched", version = port.version }
end

function nmap.set_port_state(_, port, state)
  M.states = M.states or {}
  M.states[#M.states + 1] = port.number .. "=" .. state
end

function nmap.get_port_state(_, port)
  return M.ports and M.ports[port.protocol .. "/" .. port.number]
end

function nmap.get_ports()
  return nil
end

nmap.socket = { new = nmap.new_socket, sleep = function() end, get_stats = function() return { connect_waiting = 0 } end,
  parse_ssl_certificate = function() return nil end }
package.loaded.nmap = nmap
package.loaded["nmap.socket"] = nmap.socket
M.nmap = nmap

-- Digests have the right length; what they are is tested with real servers.
local openssl = {}
local LENGTH = { md5 = 16, sha1 = 20, sha256 = 32, BLAKE2s256 = 32 }
function openssl.digest(algorithm)
  return ("\1"):rep(LENGTH[algorithm])
end
function openssl.md5()
  return ("\1"):rep(16)
end
openssl.rand_pseudo_bytes = nmap.get_random_bytes
openssl.rand_bytes = nmap.get_random_bytes
function openssl.hmac(algorithm)
  return ("\2"):rep(LENGTH[algorithm])
end
-- The functions that are ours: as long as the right ones, and the same on both sides.
function openssl.mac(_, _, _, length)
  return ("\3"):rep(length)
end
function openssl.x25519()
  return ("\4"):rep(32)
end
function openssl.seal(_, _, _, text)
  return text .. ("\5"):rep(16)
end
package.loaded.openssl = openssl

-- The host's grinder in small: three programs, one call at a time, without its cleverness (which tests/scenario/script_test.c has).
local NAMES = { [100000] = "rpcbind", [100003] = "nfs", [100005] = "mountd", [100024] = "status" }
local ASKED = { 100000, 100003, 100024 }
local Grinder = {}
Grinder.__index = Grinder
local grinder = {}

function grinder.name(number)
  return NAMES[number]
end

function grinder.new(what)
  return setmetatable({ stream = what.protocol ~= "udp", at = 0, inbox = "", quiet = 0, found = { asked = 0, answered = 0, liar = false } }, Grinder)
end

function Grinder:connected()
  self.open = true
end

function Grinder:lost()
  self.open, self.out, self.inbox = false, nil, ""
end

function Grinder:calls()
  if not self.open or self.out or self.at == #ASKED then
    return {}
  end
  self.at, self.quiet = self.at + 1, 0
  self.out = ASKED[self.at]
  self.found.asked = self.at
  local call = (">I4I4I4I4I4I4I4I4I4I4"):pack(self.at, 0, 2, self.out, 99, 0, 0, 0, 0, 0)
  return { self.stream and (">I4"):pack(0x80000000 | #call) .. call or call }
end

function Grinder:hear(data)
  self.inbox = self.stream and self.inbox .. data or data
  local at = self.stream and 5 or 1
  if self.stream and #self.inbox >= 4 and (">I4"):unpack(self.inbox) & 0x7fffffff > 1000 then
    return false
  elseif #self.inbox >= at + 31 and self.out then
    local id, kind, _, _, _, answer, low, high = (">I4I4I4I4I4I4I4I4"):unpack(self.inbox, at)
    if id == self.at and kind == 1 then
      self.found.answered = self.found.answered + 1
      self.found[#self.found + 1] = answer == 2 and { program = self.out, name = NAMES[self.out], versions = ("%d-%d"):format(low, high) } or nil
    end
    self.out, self.inbox = nil, ""
  end
  return true
end

function Grinder:tick()
  self.quiet = self.quiet + 1
  if self.quiet > 100 then
    self.out = nil
  end
  return self.quiet < 300
end

function Grinder:wait()
  return (self.out or self.at < #ASKED) and 100 or nil
end

function Grinder:findings()
  return self.found
end

function Grinder:close()
end
package.loaded.grinder = grinder

-- ------------------------------------------------------------------------------------------------------------------------- scripts

--- A host and a port as scripts see them.
function M.host(fields)
  local host = { ip = "127.0.0.1", name = "", bin_ip = "\127\0\0\1", times = { srtt = 0.01, rttvar = 0.01, timeout = 0.1 }, registry = {} }
  for k, v in pairs(fields or {}) do
    host[k] = v
  end
  return host
end

function M.port(number, protocol, service, version)
  local port = { number = number, protocol = protocol or "tcp", state = "open", service = service, reason = "syn-ack", reason_ttl = 0 }
  port.version = { name = service, name_confidence = 3.0, service_tunnel = "none", service_dtype = "table", cpe = {} }
  for k, v in pairs(version or {}) do
    port.version[k] = v
  end
  return port
end

--- Named by its reply, as version detection leaves it.
function M.probed(number, protocol, service, version)
  local port = M.port(number, protocol, service, version)
  port.version.service_dtype, port.version.name_confidence = "probed", 10.0
  return port
end

--- A script's environment after its body has run.
function M.load(name)
  local path = name:find("/") and name or M.top .. "/scripts/" .. name .. ".nse"
  local stdnse = require "stdnse"
  stdnse.silent_require = stdnse.silent_require or require
  stdnse.getid = function() return name end
  local env = setmetatable({ SCRIPT_PATH = path, SCRIPT_NAME = name:match("([^/]*)$"):gsub("%.nse$", ""), categories = {}, dependencies = {} }, { __index = _G })
  local file = assert(io.open(path, "r"))
  local text = file:read "a"
  file:close()
  local chunk = assert(load(text, "@" .. path, "t", env))
  chunk()
  return env
end

--- Forgets all peers and what was said and told.
function M.reset()
  for _, field in ipairs { "peers", "sent", "log", "told", "states" } do
    M[field] = {}
  end
  M.connections, M.certificate = 0, nil
  nmap.registry = { args = {} }
end

-- What a host makes of the structure that an action returns (host interface, section 4.2).
local function text_of(value, indent)
  if type(value) ~= "table" or (getmetatable(value) or {}).__tostring then
    return tostring(value)
  end
  local out = {}
  for _, item in ipairs(value) do
    out[#out + 1] = "\n" .. indent .. text_of(item, indent .. "  ")
  end
  for key, item in pairs(value) do
    if type(key) == "string" then
      out[#out + 1] = "\n" .. indent .. key .. ": " .. text_of(item, indent .. "  ")
    end
  end
  return table.concat(out)
end

--- Runs a script as the host would: nil if its rule says no; else its text ("" for none) and its structure.
function M.run(name, host, port)
  local env = M.load(name)
  env.SCRIPT_TYPE = port and "portrule" or "hostrule"
  local rule = port and env.portrule or env.hostrule
  if not rule(host, port) then
    return nil
  end
  local ok, first, second = pcall(env.action, host, port)
  if not ok then
    if type(first) == "table" and first.errtype == "nmap.new_try" then
      return "", nil
    end
    error(first, 0)
  end
  if second then
    return tostring(second), first
  elseif first == nil then
    return "", nil
  elseif type(first) == "string" then
    return first, nil
  end
  return text_of(first, "  "), first
end

return M
