local cursor = require "cursor"
local naming = require "naming"
local stream = require "stream"

description = [[
Names a Java virtual machine whose debugger port is open (JDWP, its specification): the handshake and the command that asks for the version.

Nothing else is asked: the port would let anybody run code.
]]

---
-- @usage descry -sV -p 8000 HOST
--
-- @output
-- 8000/tcp open jdwp OpenJDK 17.0.10 (Java Debug Wire Protocol 17.0)
-- |_jdwp-version: Java Debug Wire Protocol (Reference Implementation) version 17.0; JVM version 17.0.10 (OpenJDK 64-Bit Server VM, mixed mode, sharing)

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "safe", "version" }

portrule = naming.rule { ports = { 5005, 8787 }, services = { "jdwp" }, more = true }

local HANDSHAKE = "JDWP-Handshake"
local MAX_PACKET = 4096

-- Length, id, flags, command set 1 (VirtualMachine), command 1 (Version).
local VERSION = (">I4I4BBB"):pack(11, 1, 0, 1, 1)

-- The reply's data: description, major, minor, version of the JVM, its name.
local function parse(data)
  local c = cursor.new(data)
  local told = { description = c:counted32(), major = c:u32(), minor = c:u32(), version = c:counted32(), name = c:counted32() }
  return not c.bad and told or nil
end

local function ask(host, port)
  local s = stream.open(host, port)
  if not s then
    return nil
  end
  local hello, told = s:ask(HANDSHAKE, #HANDSHAKE) == HANDSHAKE, nil
  -- Events of the machine may come before the reply.
  if hello and s:send(VERSION) then
    for _ = 1, 5 do
      local header = s:exactly(11)
      if not header then
        break
      end
      local size, id, flags, code = (">I4I4BI2"):unpack(header)
      local data = size >= 11 and size <= MAX_PACKET and s:exactly(size - 11)
      if not data or flags == 0x80 and id == 1 then
        told = data and code == 0 and parse(data) or nil
        break
      end
    end
  end
  s:close()
  return hello, told
end

action = function(host, port)
  local hello, told = ask(host, port)
  if not hello then
    return nil
  end
  if not told then
    naming.tell(host, port, { name = "jdwp", product = "Java Debug Wire Protocol" })
    return nil
  end
  naming.tell(host, port, { name = "jdwp", product = told.name:match "^[%w ._-]+" or "Java Debug Wire Protocol", version = told.version:match "^[%w._+-]+",
    extrainfo = ("Java Debug Wire Protocol %d.%d"):format(told.major, told.minor) })
  return told.description
end
