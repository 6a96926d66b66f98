-- sslcert: the certificate of a port, with TLS from the first byte or by STARTTLS. SPDX-License-Identifier: BSD-2-Clause
local comm = require "comm"
local nmap = require "nmap"
local shortport = require "shortport"
local starttls = require "starttls"
local stream = require "stream"

local M = {}

--- Can the port have a certificate? A rule as it is; scripts of the field also call it with the port alone.
function M.isPortSupported(host, port)
  port = port or host
  return port.protocol == "tcp" and (shortport.ssl(host, port) or starttls.has(port))
end

--- How TLS is begun on a port whose service talks itself into it: a function of host and port that returns true and a socket on which the next byte
-- may be that of a ClientHello, or false and why; nil where TLS is spoken from the first byte, or is not known to be.
function M.getPrepareTLSWithoutReconnect(port)
  local begin = not (port.version and port.version.service_tunnel == "ssl") and starttls.of(port)
  return begin and function(host)
    local s, why = stream.open(host, port, { proto = "tcp" })
    if not s then
      return false, why
    end
    if not begin(s, host) or s.buffer ~= "" then
      s:close()
      return false, "the service was not talked into TLS"
    end
    return true, s.socket
  end or nil
end

--- Reads a certificate from its bytes (DER), as a socket tells its own.
M.parse_ssl_certificate = nmap.socket.parse_ssl_certificate

local function fetch(host, port)
  local prepare = M.getPrepareTLSWithoutReconnect(port)
  local socket, why
  if prepare then
    local ok
    ok, socket = prepare(host, port)
    if not ok then
      return nil, socket
    end
    if not socket:reconnect_ssl() then
      socket:close()
      return nil, "no TLS after STARTTLS"
    end
  else
    socket, why = comm.opencon(host, port, nil, { proto = "ssl" })
    if not socket then
      return nil, why
    end
  end
  local certificate = socket:get_ssl_certificate()
  socket:close()
  return certificate, certificate == nil and "no certificate" or nil
end

--- true and the certificate; false and why there is none. Scripts of the same host share it.
function M.getCertificate(host, port)
  local registry = host.registry or {}
  registry.certificates = registry.certificates or {}
  local key = port.protocol .. port.number
  local entry = registry.certificates[key] or {}
  registry.certificates[key] = entry
  local lock = nmap.mutex(entry)
  lock "lock"
  if not entry.done then
    entry.certificate, entry.why = fetch(host, port)
    entry.done = true
  end
  lock "done"
  if entry.certificate then
    return true, entry.certificate
  end
  return false, entry.why
end

return M
