-- netbios: names of NetBIOS over udp (RFC 1001, 1002): the node status, and who has a name. SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"
local datagram = require "datagram"
local ipOps = require "ipOps"
local nmap = require "nmap"

local M = {}

local PORT = { number = 137, protocol = "udp" }
local NB, NBSTAT, MAX_NAMES = 0x20, 0x21, 100

--- Flags of a name (RFC 1002, section 4.2.18).
M.FLAGS = { { 0x8000, "group" }, { 0x1000, "deregister" }, { 0x0800, "conflict" }, { 0x0400, "active" }, { 0x0200, "permanent" } }

--- The encoded form (RFC 1001, section 14.1) of a name of at most 15 characters; "*" stands for any. Scope: "a.b".
function M.name_encode(name, scope, suffix)
  local padded
  if name == "*" then
    padded = "*" .. ("\0"):rep(15)
  else
    padded = (name:upper() .. (" "):rep(15)):sub(1, 15) .. string.char(suffix or 0)
  end
  local out = padded:gsub(".", function(c)
    return string.char(65 + (c:byte() >> 4), 65 + (c:byte() & 15))
  end)
  out = "\32" .. out
  for label in (scope or ""):gmatch "[^.]+" do
    out = out .. ("s1"):pack(label:sub(1, 63))
  end
  return out .. "\0"
end

--- The name, its scope and its suffix (the sixteenth character) of an encoded form, with or without its length before it; nil if it is none.
function M.name_decode(encoded)
  local half, rest = encoded:match "^\32?([A-P]+)(.*)$"
  if not half or #half < 32 then
    return nil
  end
  local name = half:sub(1, 32):gsub("(.)(.)", function(a, b)
    return string.char(a:byte() - 65 << 4 | b:byte() - 65)
  end)
  local labels, c = {}, cursor.new(rest)
  while c:left() > 0 do
    local label = c:counted8()
    if label == "" then
      break
    end
    labels[#labels + 1] = label
  end
  return (name:sub(1, 15):gsub("[ %z]+$", "")), table.concat(labels, "."), name:byte(16)
end

-- The answer of a type to a question: a cursor over the data of its first record.
local function ask(host, name, kind)
  local id = nmap.get_random_bytes(2)
  local question = id .. (">I2I2I2I2I2"):pack(0, 1, 0, 0, 0) .. name .. (">I2I2"):pack(kind, 1)
  return datagram.ask(host, PORT, question, function(data)
    local c = cursor.new(data)
    local ours, flags = c:bytes(2), c:u16()
    c:skip(2)
    local answers = c:u16()
    c:skip(4)
    -- The name: whole, or a pointer to it.
    if c:u8() >= 0xC0 then
      c:skip(1)
    else
      c.at = c.at - 1
      c:zero()
    end
    local got = c:u16()
    c:skip(6)
    local part = c:part(c:u16())
    return ours == id and flags & 0x8000 ~= 0 and answers > 0 and got == kind and not part.bad and part or nil
  end, { tries = 2 })
end

local function table_of(host)
  return type(host) == "table" and host or { ip = host }
end

--- True, the names {{name =, suffix =, flags =}} and the statistics (bytes; the first six are the hardware's address); false and why.
function M.do_nbstat(host)
  local c = ask(table_of(host), M.name_encode "*", NBSTAT)
  if not c then
    return false, "no answer to a node status request"
  end
  local names = {}
  for _ = 1, math.min(c:u8(), MAX_NAMES) do
    local name, suffix, flags = c:bytes(15), c:u8(), c:u16()
    if c.bad then
      return false, "a malformed node status"
    end
    names[#names + 1] = { name = name:gsub("[ %z]+$", ""), suffix = suffix, flags = flags }
  end
  return true, names, c:rest()
end

--- True and {{ip =, flags =}} of who has a name; false and why.
function M.nbquery(host, name)
  local c = ask(table_of(host), M.name_encode(name), NB)
  local found = {}
  while c and c:left() >= 6 and #found < MAX_NAMES do
    local flags = c:u16()
    found[#found + 1] = { flags = flags, ip = ipOps.str_to_ip(c:bytes(4)) }
  end
  return #found > 0, #found > 0 and found or "no answer"
end

-- The first name of a list (none: the host is asked) that a function of it and the list takes: true and it, or nil; false and why.
local function first(host, names, takes)
  local ok, list = true, names
  if not list then
    ok, list = M.do_nbstat(host)
  end
  for _, entry in ipairs(ok and list or {}) do
    if takes(entry, list) then
      return true, entry.name
    end
  end
  return ok, not ok and list or nil
end

local function with_suffix(suffix, group)
  return function(entry)
    return entry.suffix == suffix and (entry.flags & 0x8000 ~= 0) == group
  end
end

--- The names of the file server, the workstation, the user and the group.
function M.get_server_name(host, names)
  return first(host, names, with_suffix(0x20, false))
end

function M.get_workstation_name(host, names)
  return first(host, names, with_suffix(0x00, false))
end

function M.get_workgroup_name(host, names)
  return first(host, names, with_suffix(0x00, true))
end

-- The machine's own name has that suffix, too.
function M.get_user_name(host, names)
  return first(host, names, function(entry, list)
    return entry.suffix == 0x03 and entry.name ~= select(2, M.get_server_name(host, list))
  end)
end

--- "<unique><active>".
function M.flags_to_string(flags)
  local out = { flags & 0x8000 == 0 and "<unique>" or nil }
  for _, row in ipairs(M.FLAGS) do
    if flags & row[1] ~= 0 then
      out[#out + 1] = "<" .. row[2] .. ">"
    end
  end
  return table.concat(out)
end

return M
