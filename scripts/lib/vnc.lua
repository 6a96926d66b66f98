-- vnc: the beginning of RFB (RFC 6143) up to the list of ways to log in. SPDX-License-Identifier: BSD-2-Clause
local helper = require "helper"
local stream = require "stream"

local M = {}

-- RFC 6143, section 7.1.2, and the registry of the community's rfbproto.
M.SECURITY = { [0] = "Invalid", [1] = "None", [2] = "VNC Authentication", [5] = "RA2", [6] = "RA2ne", [16] = "Tight", [17] = "Ultra", [18] = "TLS",
  [19] = "VeNCrypt", [20] = "GTK-VNC SASL",
  [21] = "MD5 hash", [22] = "Colin Dean xvp", [23] = "Secure Tunnel", [24] = "Integrated SSH", [30] = "Apple Remote Desktop",
  [35] = "Mac OS X", [113] = "MS-Logon II", [129] = "RA2_256", [130] = "RA2ne_256" }

local MAX_REASON = 1024

-- A text with its length before it: why the server refuses.
local function reason(s)
  local header = s:exactly(4)
  local size = header and (">I4"):unpack(header)
  return size and size <= MAX_REASON and s:exactly(size) or nil
end

-- The list of ways to log in, with its count before it.
local function security_list(s, told)
  local count = s:exactly(1)
  local kinds = count and count ~= "\0" and s:exactly(count:byte())
  if count == "\0" then
    told.refusal = reason(s)
  end
  for i = 1, #(kinds or "") do
    told.security[i] = kinds:byte(i)
  end
end

-- What a server says on a connection, up to the ways to log in.
local function hear(s)
  local line = s:exactly(12)
  local major, minor = (line or ""):match "^RFB (%d%d%d)%.(%d%d%d)\n$"
  if not major then
    return nil
  end
  major, minor = tonumber(major), tonumber(minor)
  local told = { version = ("%d.%d"):format(major, minor), security = {} }
  -- Versions between (and Apple's 3.889) are answered with the nearest below (section 7.1.1).
  local answer = (major > 3 or minor >= 8) and 8 or minor == 7 and 7 or 3
  if not s:send(("RFB 003.%03d\n"):format(answer)) then
    return told
  elseif answer > 3 then
    security_list(s, told)
    return told
  end
  local bytes = s:exactly(4)
  local kind = bytes and (">I4"):unpack(bytes)
  if kind == 0 then
    told.refusal = reason(s)
  elseif kind then
    told.security[1] = kind
  end
  return told
end

--- What a server says: {version="3.8", security={numbers}, refusal=}; nil if it is none.
function M.greeting(host, port)
  local s = stream.open(host, port)
  if not s then
    return nil
  end
  local told = hear(s)
  s:close()
  return told
end

-- -------------------------------------------------------------------------------------------------------------- the field's interface

M.sectypes = { INVALID = 0, NONE = 1, VNCAUTH = 2, RA2 = 5, RA2NE = 6, TIGHT = 16, ULTRA = 17, TLS = 18, VENCRYPT = 19, GTK_VNC_SASL = 20, MD5 = 21, COLIN_DEAN_XVP = 22,
  MAC_OSX_SECTYPE_30 = 30, MAC_OSX_SECTYPE_35 = 35 }
--- Subtypes of VeNCrypt (rfbproto, section "VeNCrypt").
M.VENCRYPT_SUBTYPES = { PLAIN = 256, TLSNONE = 257, TLSVNC = 258, TLSPLAIN = 259, X509NONE = 260, X509VNC = 261, X509PLAIN = 262, TLSSASL = 263, X509SASL = 264 }
local SUBTYPE = { [256] = "Plain", [257] = "None, Anonymous TLS", [258] = "VNC auth, Anonymous TLS", [259] = "Plain, Anonymous TLS", [260] = "None, Server-authenticated TLS",
  [261] = "VNC auth, Server-authenticated TLS", [262] = "Plain, Server-authenticated TLS", [263] = "SASL, Anonymous TLS", [264] = "SASL, Server-authenticated TLS" }
local MOST_TYPES = 64

--- One conversation, up to the choice of a way to log in; on a socket of the caller's, if one is given.
local VNC = helper.class()
VNC.sectypes = M.sectypes
M.VNC = VNC

local plainly = VNC.connect

function VNC:new(host, port, socket)
  return setmetatable({ host = host, port = port, given = socket }, self)
end

function VNC:connect()
  local ok, why = plainly(self, self.given)
  self.socket = self.stream and self.stream.socket
  return ok, why
end

-- What is told of ways to log in, as getSecTypesAsTable and supportsSecType read it.
local function take(self, told)
  self.security = told and told.security or {}
  if not told then
    return false, "not a greeting of RFB"
  elseif told.refusal or #self.security == 0 then
    return false, told.refusal or "no way to log in is offered"
  end
  return true
end

--- Version and ways to log in: true; false and why.
function VNC:handshake()
  local told = self.stream and hear(self.stream)
  self.version = told and told.version
  return take(self, told)
end

function VNC:getProtocolVersion()
  return self.version
end

function VNC:supportsSecType(kind)
  for _, other in ipairs(self.security or {}) do
    if other == kind then
      return true
    end
  end
  return false
end

--- {"VNC Authentication (2)", ...}
function VNC:getSecTypesAsTable()
  local out = {}
  for i, kind in ipairs(self.security or {}) do
    out[i] = ("%s (%d)"):format(M.SECURITY[kind] or "Unknown security type", kind)
  end
  return out
end

--- Chooses a way to log in.
function VNC:sendSecType(kind)
  return self.stream:send(string.char(kind))
end

--- What VeNCrypt offers, after it was chosen: true, and self.vencrypt = {count =, types =}; false and why.
function VNC:handshake_vencrypt()
  local version = self.stream:exactly(2)
  if version ~= "\0\2" then
    return false, "a version of VeNCrypt that is not known"
  end
  local answer = self.stream:ask(version, 2)
  local list = answer and answer:byte(1) == 0 and self.stream:exactly(answer:byte(2) * 4)
  if not list then
    return false, "VeNCrypt goes no further"
  end
  self.vencrypt = { count = answer:byte(2), types = {} }
  for i = 1, self.vencrypt.count do
    self.vencrypt.types[i] = (">I4"):unpack(list, i * 4 - 3)
  end
  return true
end

function VNC:getVencryptTypesAsTable()
  local out = {}
  for i, kind in ipairs(self.vencrypt and self.vencrypt.types or {}) do
    out[i] = ("%s (%d)"):format(SUBTYPE[kind] or "Unknown", kind)
  end
  return out
end

-- Capabilities of Tight: {{code =, vendor =, signature =}}.
local function capabilities(s)
  local header = s:exactly(4)
  local count = header and (">I4"):unpack(header)
  local list = count and count <= MOST_TYPES and s:exactly(count * 16)
  if not list then
    return nil
  end
  local out = {}
  for i = 1, count do
    local code, vendor, signature = (">I4c4c8"):unpack(list, i * 16 - 15)
    out[i] = { code = code, vendor = vendor, signature = signature }
  end
  return out
end

--- What Tight offers, after it was chosen: true, and self.tight = {tunnels =, types =}; false and why.
function VNC:handshake_tight()
  local tunnels = capabilities(self.stream)
  -- No tunnel is chosen.
  if not tunnels or #tunnels > 0 and not self.stream:send "\0\0\0\0" then
    return false, "Tight goes no further"
  end
  local types = capabilities(self.stream)
  self.tight = types and { tunnels = tunnels, types = types }
  return types ~= nil, types == nil and "Tight goes no further" or nil
end

--- TLS over the connection, after it was chosen; the ways to log in inside take the place of those outside. True; false and why.
function VNC:handshake_tls()
  local ok, why = self.socket:reconnect_ssl()
  if not ok then
    return false, why
  end
  self.stream = stream.of(self.socket)
  local told = { security = {} }
  security_list(self.stream, told)
  return take(self, told)
end

VNC.disconnect = VNC.close

return M
