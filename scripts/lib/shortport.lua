-- shortport: the usual rules of port scripts, by port number and service name. SPDX-License-Identifier: BSD-2-Clause
--
--   portrule = shortport.port_or_service(6379, "redis")
--
-- Each function but the last few returns a rule: a function of host and port. Lists may be a single value instead of an array.
local nmap = require "nmap"

local M = {}

local STATES = { "open", "open|filtered" }

local function set_of(values)
  local set = {}
  for _, value in ipairs(type(values) == "table" and values or { values }) do
    set[value] = true
  end
  return set
end

--- Must this port never be asked (the probe file's Exclude line)?
function M.port_is_excluded(number, protocol)
  return nmap.port_is_excluded(number, protocol)
end

-- A rule of three sets and whether a port or a service (or either) is looked at.
local function rule(ports, services, protocols, states)
  ports, services = ports and set_of(ports), services and set_of(services)
  protocols, states = set_of(protocols), set_of(states or STATES)
  return function(_, port)
    if not protocols[port.protocol] or not states[port.state] then
      return false
    end
    local wanted = (ports and ports[port.number]) or (services and port.service and services[port.service]) or false
    return wanted and not M.port_is_excluded(port.number, port.protocol)
  end
end

--- A port of these numbers; protocols default to "tcp".
function M.portnumber(ports, protocols, states)
  return rule(ports, nil, protocols or "tcp", states)
end

--- A port with one of these services; protocols default to tcp and udp.
function M.service(services, protocols, states)
  return rule(nil, services, protocols or { "tcp", "udp" }, states)
end

--- Either of both; protocols default to "tcp".
function M.port_or_service(ports, services, protocols, states)
  return rule(ports, services, protocols or "tcp", states)
end

--- The same for scripts of category version: only from an intensity on (rarity, default 7).
function M.version_port_or_service(ports, services, protocols, states, rarity)
  local inner = rule(ports, services, protocols or "tcp", states)
  return function(host, port)
    return nmap.version_intensity() >= (rarity or 7) and inner(host, port)
  end
end

-- "1-5,80" as a list of pairs.
local function ranges_of(text)
  local list = {}
  for piece in text:gmatch("[^,%s]+") do
    local first, last = piece:match("^(%d*)%-(%d*)$")
    if not first then
      first, last = piece, piece
    end
    list[#list + 1] = { tonumber(first) or 0, tonumber(last) or 65535 }
  end
  return list
end

--- port_range("1-1024,8080", "tcp"): a port in one of the ranges. The text may begin with "T:" or "U:".
function M.port_range(ranges, protocols, states)
  local letter, rest = ranges:match("^([TUtu]):(.*)$")
  if letter then
    protocols, ranges = letter:lower() == "u" and "udp" or "tcp", rest
  end
  local list = ranges_of(ranges)
  protocols, states = set_of(protocols or "tcp"), set_of(states or STATES)
  return function(_, port)
    if not protocols[port.protocol] or not states[port.state] then
      return false
    end
    for _, pair in ipairs(list) do
      if port.number >= pair[1] and port.number <= pair[2] then
        return not M.port_is_excluded(port.number, port.protocol)
      end
    end
    return false
  end
end

--- Where web servers usually listen, and what such services are called.
M.LIKELY_HTTP_PORTS = { 80, 443, 591, 631, 2375, 3000, 5000, 5357, 5800, 7080, 7443, 8000, 8008, 8080, 8081, 8088, 8443, 8880, 8888, 9000, 9090, 9200, 9443 }
M.LIKELY_HTTP_SERVICES = { "http", "https", "http-alt", "https-alt", "http-mgmt", "http-proxy", "ipp", "vnc-http", "soap", "caldav", "carddav",
  "docker", "etcd", "elasticsearch", "upnp", "websocket" }

local http_rule = rule(M.LIKELY_HTTP_PORTS, M.LIKELY_HTTP_SERVICES, "tcp")

--- A rule as it is: does the port probably speak HTTP? What was named by its reply as something else does not, whatever its number.
function M.http(host, port)
  local version = port.version or {}
  if version.service_dtype == "probed" and version.name and not rule(nil, M.LIKELY_HTTP_SERVICES, "tcp")(host, port) then
    return false
  end
  return http_rule(host, port)
end

--- A rule as it is: does the port probably speak SSH?
M.ssh = rule({ 22, 830, 2222 }, { "ssh", "netconf-ssh" }, "tcp")

--- Where TLS is spoken from the first byte, and what such services are called.
M.LIKELY_SSL_PORTS = { 261, 271, 324, 443, 465, 563, 614, 631, 636, 664, 684, 695, 832, 853, 854, 990, 989, 992, 993, 994, 995, 2376, 3269, 3389, 4911,
  5061, 5223, 5671, 6679, 6697, 8443, 8883, 9001, 9443 }
M.LIKELY_SSL_SERVICES = { "ftps", "ftps-data", "ftps-control", "https", "https-alt", "imaps", "ircs", "ldaps", "ldapssl", "pop3s", "sip-tls", "smtps", "telnets",
  "tproxy", "domain-s", "amqps", "secure-mqtt", "globalcatLDAPssl", "xmpps-client", "ssl", "tls" }

local ssl_rule = rule(M.LIKELY_SSL_PORTS, M.LIKELY_SSL_SERVICES, { "tcp", "sctp" })

--- A rule as it is: is TLS spoken there from the first byte? Known if version detection entered it; else guessed.
function M.ssl(host, port)
  local version = port.version or {}
  if version.service_tunnel == "ssl" then
    return true
  end
  return ssl_rule(host, port)
end

return M
