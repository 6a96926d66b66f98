-- comm: short conversations: connect, perhaps say something, hear something. SPDX-License-Identifier: BSD-2-Clause
--
-- Options (all may be left out): proto "tcp", "udp", "ssl" (default: the port's own, inside TLS where version detection found it);
-- timeout, connect_timeout, request_timeout (ms); bytes or lines (how much to wait for); any_af (also the other address family);
-- recv_before (hear the greeting before saying anything); recv_first is the old word for it.
local nmap = require "nmap"
local shortport = require "shortport"
local stdnse = require "stdnse"

local M = {}

local function protocol_of(port, opts)
  if opts.proto then
    return opts.proto
  end
  if type(port) ~= "table" then
    return "tcp"
  end
  local tunnel = port.version and port.version.service_tunnel
  return tunnel == "ssl" and "ssl" or port.protocol or "tcp"
end

local function open(host, port, protocol, opts)
  local socket = nmap.new_socket(protocol == "udp" and "udp" or "tcp")
  local base = stdnse.get_timeout(host)
  socket:set_timeout(opts.connect_timeout or opts.timeout or base)
  local ok, err = socket:connect(host, port, protocol)
  if not ok then
    socket:close()
    return nil, err
  end
  socket:set_timeout(opts.request_timeout or opts.timeout or base + (opts.extra_timeout or 0))
  return socket
end

local function read(socket, opts)
  if opts.lines then
    return socket:receive_lines(opts.lines)
  elseif opts.bytes then
    return socket:receive_bytes(opts.bytes)
  end
  return socket:receive()
end

--- What the port says by itself: true and the text, or false and why not.
function M.get_banner(host, port, opts)
  opts = opts or {}
  local socket, err = open(host, port, protocol_of(port, opts), opts)
  if not socket then
    return false, err
  end
  local ok, data = read(socket, opts)
  socket:close()
  return ok and true or false, data
end

--- Says data and hears the reply: true and the reply, or false and why not.
function M.exchange(host, port, data, opts)
  opts = opts or {}
  local socket, err = open(host, port, protocol_of(port, opts), opts)
  if not socket then
    return false, err
  end
  local ok, reply = socket:send(data)
  if ok then
    ok, reply = read(socket, opts)
  end
  socket:close()
  return ok and true or false, reply
end

-- One try over one protocol: the open socket, the reply, what came before our data.
local function converse(host, port, protocol, data, opts)
  local socket, err = open(host, port, protocol, opts)
  if not socket then
    return nil, err
  end
  local early, ok, reply
  if opts.recv_before or opts.recv_first then
    ok, early = read(socket, opts)
    if not ok then
      socket:close()
      return nil, early
    end
  end
  if data and #data > 0 then
    ok, reply = socket:send(data)
    if ok then
      ok, reply = read(socket, opts)
    end
    if not ok then
      socket:close()
      return nil, reply
    end
  else
    reply = early
  end
  return socket, reply, early
end

--- Opens a connection, says data (if any), hears a reply (if data was said or recv_before): the socket, the reply, the early reply.
-- On failure nil and why. The caller closes the socket.
function M.opencon(host, port, data, opts)
  opts = opts or {}
  local protocol = protocol_of(port, opts)
  if not data and not (opts.recv_before or opts.recv_first) then
    local socket, err = open(host, port, protocol, opts)
    return socket, socket and "" or err, nil
  end
  return converse(host, port, protocol, data, opts)
end

-- Which protocols to try, the likelier first.
local function order(host, port, opts)
  if opts.proto then
    return { opts.proto }
  end
  if type(port) == "table" and port.protocol == "udp" then
    return { "udp" }
  end
  local tunnel = type(port) == "table" and port.version and port.version.service_tunnel
  if tunnel == "ssl" then
    return { "ssl" }
  end
  local likely = type(port) == "table" and port.state and shortport.ssl(host, port)
  return likely and { "ssl", "tcp" } or { "tcp", "ssl" }
end

--- The same with clear text and TLS tried in turn: the socket, the reply, the protocol that worked, the early reply.
-- On failure nil and why.
function M.tryssl(host, port, data, opts)
  opts = opts or {}
  local why
  for _, protocol in ipairs(order(host, port, opts)) do
    local socket, reply, early = converse(host, port, protocol, data, opts)
    if socket then
      return socket, reply, protocol, early
    end
    why = why or reply
  end
  return nil, why or "ERROR"
end

return M
