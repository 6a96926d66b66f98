-- rpc: calls of ONC RPC (RFC 5531) without credentials, and the list of a port mapper (RFC 1833). SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"
local nmap = require "nmap"
local stdnse = require "stdnse"
local stream = require "stream"

local M = {}

--- Names of programs that are met (the numbers of /etc/rpc); others are told as numbers.
M.PROGRAMS = {
  [100000] = "rpcbind", [100001] = "rstatd", [100002] = "rusersd", [100003] = "nfs", [100004] = "ypserv", [100005] = "mountd", [100007] = "ypbind", [100008] = "walld",
  [100009] = "yppasswdd", [100011] = "rquotad", [100012] = "sprayd", [100017] = "rexd", [100020] = "llockmgr", [100021] = "nlockmgr", [100023] = "statmon",
  [100024] = "status", [100026] = "bootparam", [100028] = "ypupdated", [100029] = "keyserv", [100068] = "cmsd", [100069] = "ypxfrd", [100083] = "ttdbserverd",
  [100133] = "nsm_addrand", [100227] = "nfs_acl", [100232] = "sadmind", [100300] = "nisd", [150001] = "pcnfsd", [300019] = "amd", [391002] = "sgi_fam",
  [395183] = "vxi11core", [600100069] = "freebsd-ypxfrd", [24680] = "glusterfs", [14398633] = "glusterd",
}

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
    local socket = nmap.new_socket "udp"
    socket:set_timeout(stdnse.get_timeout(host, 3000))
    local ok, data = socket:connect(host, port, "udp"), nil
    if ok and socket:send(call) then
      ok, data = socket:receive()
    end
    socket:close()
    if ok and data then
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

return M
