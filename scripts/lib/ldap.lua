-- ldap: one search of LDAP v3 (RFC 4511) without a bind. SPDX-License-Identifier: BSD-2-Clause
local asn1 = require "asn1"
local nmap = require "nmap"
local stdnse = require "stdnse"
local stream = require "stream"

local M = {}

local ENTRY, DONE = 0x64, 0x65
local MAX_MESSAGE, MAX_MESSAGES = 256 * 1024, 20

--- A search request: base, scope 0 (the entry itself), any object class, the named attributes.
function M.search(id, base, attributes)
  local wanted = {}
  for i, name in ipairs(attributes) do
    wanted[i] = asn1.octets(name)
  end
  local request = asn1.sequence({ asn1.octets(base), asn1.enumerated(0), asn1.enumerated(0), asn1.integer(0), asn1.integer(5), asn1.boolean(false),
    asn1.octets("objectClass", 0x87), asn1.sequence(wanted) }, 0x63)
  return asn1.sequence { asn1.integer(id), request }
end

--- An entry's attributes: {{name=, values = {...}}}; nil if it is none.
function M.parse_entry(element)
  local parts = element.tag == ENTRY and asn1.items(element)
  local list = parts and asn1.items(parts[2])
  if not list then
    return nil
  end
  local attributes = {}
  for _, item in ipairs(list) do
    local pair = asn1.items(item)
    local values = pair and asn1.items(pair[2])
    if not values then
      return nil
    end
    local texts = {}
    for i, value in ipairs(values) do
      texts[i] = value.body
    end
    attributes[#attributes + 1] = { name = pair[1].body, values = texts }
  end
  return attributes
end

-- The operation of a message, if it belongs to us.
local function operation(element, id)
  local parts = asn1.items(element)
  return parts and parts[2] and asn1.to_integer(parts[1]) == id and parts[2] or nil
end

-- Reads messages until the search is done: the first entry, and the result's code.
local function collect(more, id)
  local data, entry = "", nil
  for _ = 1, MAX_MESSAGES do
    local element, total = asn1.whole(data)
    while not element do
      local piece = total ~= "bad" and #data < MAX_MESSAGE and more()
      if not piece then
        return entry
      end
      data = data .. piece
      element, total = asn1.whole(data)
    end
    data = data:sub(total + 1)
    local op = operation(element, id)
    if not op then
      return entry
    elseif op.tag == ENTRY then
      entry = entry or M.parse_entry(op)
    elseif op.tag == DONE then
      local result = asn1.items(op)
      return entry, result and asn1.to_integer(result[1])
    end
  end
  return entry
end

--- The attributes of the root DSE, and the result code of the search; nil if no entry came.
function M.root(host, port, attributes)
  local id = 7
  local request = M.search(id, "", attributes)
  if port.protocol == "udp" then
    local socket = nmap.new_socket "udp"
    socket:set_timeout(stdnse.get_timeout(host, 3000))
    local entry, code
    if socket:connect(host, port, "udp") and socket:send(request) then
      entry, code = collect(function()
        local ok, data = socket:receive()
        return ok and data
      end, id)
    end
    socket:close()
    return entry, code
  end
  local s = stream.open(host, port)
  if not s then
    return nil
  end
  local entry, code
  if s:send(request) then
    entry, code = collect(function()
      return s:any()
    end, id)
  end
  s:close()
  return entry, code
end

return M
