-- sslcert: the certificate of a port, with TLS from the first byte or by STARTTLS. SPDX-License-Identifier: BSD-2-Clause
local comm = require "comm"
local nmap = require "nmap"
local shortport = require "shortport"
local starttls = require "starttls"
local stream = require "stream"

local M = {}

--- Can the port have a certificate? A rule as it is.
function M.isPortSupported(host, port)
  return port.protocol == "tcp" and (shortport.ssl(host, port) or starttls.has(port))
end

local function fetch(host, port)
  local begin = not (port.version and port.version.service_tunnel == "ssl") and starttls.of(port)
  local socket
  if begin then
    local s = stream.open(host, port, { proto = "tcp" })
    if not s then
      return nil, "ERROR"
    end
    socket = s.socket
    -- Nothing may be left of the clear text when the handshake begins.
    if not begin(s, host) or s.buffer ~= "" or not socket:reconnect_ssl() then
      socket:close()
      return nil, "no TLS after STARTTLS"
    end
  else
    local why
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
