-- rpc: calls of ONC RPC (RFC 5531) without credentials, the list of a port mapper (RFC 1833), and which programs a port serves. SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"
local datagram = require "datagram"
local grinder = require "grinder"
local nmap = require "nmap"
local stdnse = require "stdnse"
local stream = require "stream"

local M = {}

--- The name of a program, by the table that version detection asks from (data/rpc, --rpc-db); nil if it has none.
function M.name(program)
  return (grinder.name(program))
end

local MAX_REPLY, MAX_ENTRIES = 262144, 4000

--- A call with no credentials and no arguments.
function M.call(xid, program, version, procedure)
  return (">I4I4I4I4I4I4I4I4I4I4"):pack(xid, 0, 2, program, version, procedure, 0, 0, 0, 0)
end

--- A reply: the cursor at its results; nil and {low=, high=} if the server has other versions of the program, nil otherwise.
function M.parse(data, xid)
  local c = cursor.new(data)
  local id, kind, state = c:u32(), c:u32(), c:u32()
  c:skip(4)
  local verifier = c:u32()
  c:skip(verifier + -verifier % 4)
  local accepted = c:u32()
  if c.bad or id ~= xid or kind ~= 1 or state ~= 0 then
    return nil
  elseif accepted == 2 then
    local low, high = c:u32(), c:u32()
    return nil, not c.bad and { low = low, high = high } or nil
  end
  return accepted == 0 and c or nil
end

-- Record marking of tcp (RFC 5531, section 11): fragments with their length and a bit for the last.
local function record(s)
  local pieces, total = {}, 0
  while true do
    local header = s:exactly(4)
    if not header then
      return nil
    end
    local mark = (">I4"):unpack(header)
    local size = mark & 0x7fffffff
    total = total + size
    local piece = total <= MAX_REPLY and #pieces < 100 and s:exactly(size)
    if not piece then
      return nil
    end
    pieces[#pieces + 1] = piece
    if mark & 0x80000000 ~= 0 then
      return table.concat(pieces)
    end
  end
end

--- Makes one call over the port's protocol; what parse returns.
function M.ask(host, port, program, version, procedure)
  local xid = (">I4"):unpack(nmap.get_random_bytes(4))
  local call = M.call(xid, program, version, procedure)
  if port.protocol == "udp" then
    local data = datagram.ask(host, port, call, function(data)
      return data:sub(1, 4) == call:sub(1, 4) and data
    end)
    if data then
      return M.parse(data, xid)
    end
    return nil
  end
  local s = stream.open(host, port)
  if not s then
    return nil
  end
  local data = s:send((">I4"):pack(#call | 0x80000000) .. call) and record(s)
  s:close()
  if data then
    return M.parse(data, xid)
  end
end

local PROTOCOL = { [6] = "tcp", [17] = "udp" }

--- The list of a port mapper (version 2, DUMP): {{program=, version=, protocol=, port=}}; nil if none came.
function M.dump(host, port)
  local c = M.ask(host, port, 100000, 2, 4)
  if not c then
    return nil
  end
  local list = {}
  while c:u32() == 1 and #list < MAX_ENTRIES do
    local entry = { program = c:u32(), version = c:u32(), protocol = c:u32(), port = c:u32() }
    if c.bad then
      return nil
    end
    entry.protocol = PROTOCOL[entry.protocol] or tostring(entry.protocol)
    list[#list + 1] = entry
  end
  return list
end

-- ------------------------------------------------------------------------------------------------------------------- which programs

local function connect(host, port)
  local socket = nmap.new_socket(port.protocol)
  socket:set_timeout(stdnse.get_timeout(host, 5000))
  if socket:connect(host, port, port.protocol) then
    return socket
  end
  socket:close()
end

-- Says what may be said, hears once; "lost", "done", or nil to go on.
local function turn(socket, g)
  if not g:tick() then
    return "lost"
  end
  for _, piece in ipairs(g:calls()) do
    if not socket:send(piece) then
      return "lost"
    end
  end
  local wait = g:wait()
  if not wait then
    return "done"
  end
  socket:set_timeout(math.max(1, wait))
  local ok, data = socket:receive()
  if ok then
    return not g:hear(data) and "done" or nil
  end
  return data ~= "TIMEOUT" and "lost" or nil
end

--- Asks a port for every program of the table, as version detection does (procedure 0 of a version that nobody has: nothing is carried out).
-- Options: tier (1: what is usual, 2: what has a name, 3, the default: all), first (programs that are asked before), window (calls in flight).
-- {asked =, answered =, liar = (it claims every program), authentication = (it demands some), tls =, and for each program {program =, name =,
-- owner = (of an unnamed one's block), versions = "3-4", authentication =}}; nil if nobody spoke RPC.
function M.grind(host, port, options)
  options = options or {}
  local socket = connect(host, port)
  if not socket then
    return nil
  end
  local g = grinder.new { protocol = port.protocol, tier = options.tier, first = options.first, window = options.window,
    rtt = math.floor((host.times and host.times.srtt or 0) * 1000000) }
  g:connected()
  while socket do
    local what = turn(socket, g)
    if what then
      socket:close()
      socket = nil
      g:lost()
    end
    if what == "lost" and g:wait() then
      socket = connect(host, port)
      if socket then
        g:connected()
      end
    end
  end
  local found = g:findings()
  g:close()
  return found.answered > 0 and found or nil
end

return M
