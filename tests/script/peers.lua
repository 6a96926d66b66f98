-- peers: what the scripted peers of the scenarios say: each a table of tcp/PORT or udp/PORT to a function that makes a peer (see mock.lua).
-- What they say was written by hand from the protocols' specifications, or is what real servers of the distribution sent.
local asn1 = require "asn1"
local snmp = require "snmp"

local M = {}

--- A peer that answers the n-th thing it hears with the n-th reply (false: silence; nil, after the last: it closes). A reply may be a
-- function of what was heard. `greeting`: said at once.
function M.says(replies, greeting)
  return function(say)
    local count = 0
    if greeting then
      say(greeting)
    end
    return function(data)
      count = count + 1
      local reply = replies[count]
      if type(reply) == "function" then
        reply = reply(data)
      end
      if reply then
        say(reply)
      elseif reply == nil then
        say(nil)
      end
    end
  end
end

--- The n-th connection is answered by the n-th peer; further ones by the last.
function M.turns(...)
  local list, count = { ... }, 0
  return function(say, socket)
    count = count + 1
    return list[math.min(count, #list)](say, socket)
  end
end

--- A web server: pages by path, with a status and header fields.
function M.http(pages)
  return M.says { function(request)
    local path = request:match "^%u+ (%S+)"
    local page = pages[path] or pages["*"] or { status = "404 Not Found", body = "" }
    local lines = { "HTTP/1.1 " .. (page.status or "200 OK"), "Content-Length: " .. #page.body }
    for name, value in pairs(page.header or {}) do
      lines[#lines + 1] = name .. ": " .. value
    end
    table.sort(lines, function(a, b)
      return a:find "^HTTP/" ~= nil and not b:find "^HTTP/" or (a:find "^HTTP/" == nil) == (b:find "^HTTP/" == nil) and a < b
    end)
    return table.concat(lines, "\r\n") .. "\r\n\r\n" .. page.body
  end }
end

--- An SNMP agent that knows one community; v3 discovery is answered with an engine id.
function M.snmp(community, values, engine)
  return function(say)
    return function(data)
      local message = snmp.decode(data)
      if message and message.engine and engine then
        local security = asn1.sequence { asn1.octets(engine), asn1.integer(3), asn1.integer(93784), asn1.octets "", asn1.octets "", asn1.octets "" }
        say(asn1.sequence { asn1.integer(3), asn1.sequence { asn1.integer(1) }, asn1.octets(security) })
      elseif message and message.pdu and message.community == community then
        local bindings = {}
        for i, binding in ipairs(message.pdu.bindings) do
          local value = values[binding.oid]
          bindings[i] = asn1.sequence { asn1.oid(binding.oid), type(value) == "number" and asn1.integer(value, 0x43) or value and value:find "^1%.3%." and asn1.oid(value) or
            asn1.octets(value or "") }
        end
        say(asn1.sequence { asn1.integer(message.version), asn1.octets(community),
          asn1.sequence({ asn1.integer(message.pdu.id), asn1.integer(0), asn1.integer(0), asn1.sequence(bindings) }, 0xA2) })
      end
    end
  end
end

local function dns_name(name)
  local out = ""
  for label in name:gmatch "[^.]+" do
    out = out .. string.char(#label) .. label
  end
  return out .. "\0"
end
M.dns_name = dns_name

--- A record of a DNS answer.
function M.record(name, kind, class, data)
  return dns_name(name) .. (">I2I2I4s2"):pack(kind, class, 60, data)
end

--- A DNS server: answers by question name: {flags=, answers = {bytes}, additional = {bytes}}.
function M.dns(answers)
  return function(say)
    return function(data)
      local id = data:sub(1, 2)
      local labels, at = {}, 13
      while data:byte(at) ~= 0 do
        labels[#labels + 1] = data:sub(at + 1, at + data:byte(at))
        at = at + 1 + data:byte(at)
      end
      local answer = answers[table.concat(labels, ".")] or answers["*"]
      if answer then
        local records, more = answer.answers or {}, answer.additional or {}
        say(id .. (">I2I2I2I2I2"):pack(answer.flags or 0x8400, 1, #records, 0, #more) .. data:sub(13, at + 4) .. table.concat(records) .. table.concat(more))
      end
    end
  end
end

--- A frame with its length before it, as several protocols have.
function M.mysql_packet(number, body)
  return ("<I3B"):pack(#body, number) .. body
end

return M
