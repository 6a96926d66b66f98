-- mongodb: commands of the MongoDB wire protocol that need no login. SPDX-License-Identifier: BSD-2-Clause
local bson = require "bson"
local stream = require "stream"

local M = {}

local OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
local MAX_MESSAGE = 512 * 1024

local function message(code, body)
  return ("<I4I4I4I4"):pack(#body + 16, 1, 0, code) .. body
end

--- A command as OP_MSG (servers from 3.6 on) or OP_QUERY (all before, and the greeting of all).
function M.command(name, how)
  if how == "query" then
    return message(OP_QUERY, ("<I4zI4i4"):pack(0, "admin.$cmd", 0, -1) .. bson.encode { { name, 1 } })
  end
  return message(OP_MSG, ("<I4B"):pack(0, 0) .. bson.encode { { name, 1 }, { "$db", "admin" } })
end

--- The document of a reply's body.
function M.parse_reply(code, body)
  if code == OP_MSG and #body > 5 and body:byte(5) == 0 then
    return bson.decode(body:sub(6))
  elseif code == OP_REPLY and #body > 20 then
    return bson.decode(body:sub(21))
  end
end

--- Asks one command on a stream; nil if no document comes.
function M.ask(s, name, how)
  local header = s:ask(M.command(name, how), 16)
  if not header then
    return nil
  end
  local size, _, _, code = ("<I4I4I4I4"):unpack(header)
  if size < 16 or size > MAX_MESSAGE then
    return nil
  end
  local body = s:exactly(size - 16)
  return body and M.parse_reply(code, body)
end

--- Connects and asks who is there, then for the build: the two documents; nil if it is no MongoDB.
function M.about(host, port)
  local s = stream.open(host, port)
  if not s then
    return nil
  end
  local hello = M.ask(s, "isMaster", "query")
  local build
  if hello and hello.ok and type(hello.maxWireVersion) == "number" then
    build = M.ask(s, "buildInfo", hello.maxWireVersion >= 6 and "msg" or "query")
  end
  s:close()
  return hello, build
end

return M
