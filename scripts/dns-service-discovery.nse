local datagram = require "datagram"
local dns = require "dns"
local naming = require "naming"
local stdnse = require "stdnse"

description = [[
Lists the services that a host announces by multicast DNS (RFC 6762, DNS-SD of RFC 6763), asked directly and not by multicast.

The first question asks for the kinds of services; for each kind (at most twenty) one more asks for names, ports and texts.
]]

---
-- @usage descry -sU -p 5353 --script dns-service-discovery HOST
--
-- @output
-- 5353/udp open mdns
-- | dns-service-discovery:
-- |   22/tcp ssh
-- |     name: lab
-- |   9/tcp workstation
-- |_    name: lab [02:00:00:00:00:01]

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "default", "discovery", "safe" }

portrule = naming.rule { ports = { 5353 }, services = { "mdns", "zeroconf" }, protocol = "udp", more = true }

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

action = function(host, port)
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
  if not answer then
    return nil
  end
  naming.tell(host, port, { name = "mdns", extrainfo = "DNS-based service discovery" })
  table.sort(all, function(a, b)
    return a.port < b.port or a.port == b.port and a.title < b.title
  end)
  local out = stdnse.output_table()
  for _, entry in ipairs(all) do
    local title = entry.title
    -- Two services of a kind on one port are told apart by a number.
    local count = 2
    while out[title] do
      title = ("%s (%d)"):format(entry.title, count)
      count = count + 1
    end
    out[title] = entry.out
  end
  return #all > 0 and out or nil
end
