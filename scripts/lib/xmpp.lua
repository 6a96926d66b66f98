-- xmpp: the beginning of a stream (RFC 6120), read without an XML parser: only what begins it is looked at. SPDX-License-Identifier: BSD-2-Clause
local stdnse = require "stdnse"

local M = {}

-- What may stand in an attribute of ours.
local function attribute(text)
  return (text:gsub("[^%w%.:_-]", ""))
end

--- The name of the server that is asked for: script argument xmpp.servername, else the host's name.
function M.server_name(host)
  return attribute(tostring(stdnse.get_script_args "xmpp.servername" or stdnse.get_hostname(host)))
end

--- Opens a stream of "jabber:client" or "jabber:server".
function M.header(host, namespace)
  return ('<?xml version="1.0"?><stream:stream to="%s" xmlns="%s" xmlns:stream="http://etherx.jabber.org/streams" version="1.0">'):format(M.server_name(host), namespace)
end

--- The attributes of the first tag of a name in a text: {id = "x"}; nil without one.
function M.tag(text, name)
  local inside = text:match("<" .. name:gsub("%-", "%%-") .. "(%s[^>]*)>")
  if not inside then
    return text:find("<" .. name:gsub("%-", "%%-") .. "/?>") and {} or nil
  end
  local attributes = {}
  for key, _, value in inside:gmatch "([%w:_-]+)%s*=%s*(['\"])(.-)%2" do
    attributes[key] = M.unescape(value)
  end
  return attributes
end

local ENTITY = { lt = "<", gt = ">", amp = "&", quot = '"', apos = "'" }

function M.unescape(text)
  return (text:gsub("&(%a+);", ENTITY))
end

--- The texts of all elements of a name.
function M.texts(text, name)
  local list = {}
  for inner in text:gmatch("<" .. name .. ">([^<]*)</" .. name .. ">") do
    list[#list + 1] = M.unescape(inner)
  end
  return list
end

return M
