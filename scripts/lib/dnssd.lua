-- dnssd: the services that a host announces (DNS-SD, RFC 6763), asked of it directly (RFC 6762, section 5.5). SPDX-License-Identifier: BSD-2-Clause
local datagram = require "datagram"
local dns = require "dns"
local helper = require "helper"
local stdnse = require "stdnse"

local M = {}

local KINDS = "_services._dns-sd._udp.local"
local MOST_KINDS, MOST_TEXTS = 20, 20

-- All answers to one question on a socket: the next that belongs to it.
local function ask(socket, name, id)
  return datagram.on(socket, dns.question { id = id, name = name, type = dns.types.PTR, unicast = true }, function(data)
    local answer = dns.decode(data)
    -- RFC 6762, section 6.7: an answer to a port that is not 5353 repeats id and question. Some answer with id 0.
    if answer and answer.response and (answer.id == id or answer.id == 0) then
      for _, record in ipairs(answer.answers) do
        if record.name:lower() == name:lower() then
          return answer
        end
      end
    end
  end)
end

-- The services of one kind: each with name, port and texts.
local function services(answer, kind)
  local service, protocol = kind:match "^_([%w-]+)%._(%l+)%."
  if not service then
    return {}
  end
  local by_name, found = {}, {}
  for _, section in ipairs { answer.answers, answer.additional } do
    for _, record in ipairs(section) do
      local entry = by_name[record.name] or {}
      by_name[record.name] = entry
      if record.type == dns.types.SRV and record.data then
        entry.port = record.data.port
      elseif record.type == dns.types.TXT and record.data then
        entry.texts = record.data
      end
    end
  end
  for _, record in ipairs(answer.answers) do
    if record.type == dns.types.PTR and record.data and record.data:sub(-#kind):lower() == kind:lower() then
      local entry = by_name[record.data] or {}
      local title = ("%s/%s %s"):format(entry.port or "?", protocol, service)
      local out = stdnse.output_table()
      out.name = record.data:sub(1, -#kind - 2)
      if entry.texts and entry.texts[1] and entry.texts[1] ~= "" then
        out.texts = { table.unpack(entry.texts, 1, MOST_TEXTS) }
      end
      found[#found + 1] = { title = title, port = entry.port or 0, out = out }
    end
  end
  return found
end

--- All services of a host: {{title = "8080/tcp http", port =, out = {name =, texts =}}} by port; nil if it does not answer.
function M.services(host, port)
  local socket = datagram.open(host, port, 2000)
  local answer = socket and ask(socket, KINDS, 1)
  local all, asked = {}, 0
  for _, record in ipairs(answer and answer.answers or {}) do
    if record.type == dns.types.PTR and record.data and asked < MOST_KINDS then
      asked = asked + 1
      local one = ask(socket, record.data, asked + 1)
      for _, entry in ipairs(one and services(one, record.data) or {}) do
        all[#all + 1] = entry
      end
    end
  end
  if socket then
    socket:close()
  end
  table.sort(all, function(a, b)
    return a.port < b.port or a.port == b.port and a.title < b.title
  end)
  return answer and all
end

--- The field's interface, of one host: groups are not asked.
local Helper = helper.class()
M.Helper = Helper

--- True and {{name = "8080/tcp http", lines ...}} as format_output takes it; false and why.
function Helper:queryServices()
  local found = M.services(self.host, self.port)
  if not found then
    return false, "no answer"
  end
  local out = {}
  for i, entry in ipairs(found) do
    out[i] = { name = entry.title, entry.out.name, table.unpack(entry.out.texts or {}) }
  end
  return true, out
end

return M
