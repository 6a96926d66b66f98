-- mysql: the greeting of the MySQL protocol ("Protocol::Handshake" of its documentation). SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"
local stream = require "stream"

local M = {}

local CAPABILITY = { [0] = "LongPassword", "FoundRows", "LongColumnFlag", "ConnectWithDatabase", "DontAllowDatabaseTableColumn", "Compress", "ODBC", "LoadDataLocal",
  "IgnoreSpace", "Speaks41ProtocolNew", "Interactive", "SSL", "IgnoreSigpipe", "Transactions", "Speaks41ProtocolOld", "SecureConnection",
  "MultiStatements", "MultiResults", "PSMultiResults", "PluginAuth", "ConnectAttributes", "PluginAuthLengthEncoded", "ExpiredPasswords", "SessionTrack", "DeprecateEOF" }

--- The names of capability bits, lowest first.
function M.capability_names(bits)
  local names = {}
  for i = 0, 24 do
    if bits >> i & 1 == 1 then
      names[#names + 1] = CAPABILITY[i]
    end
  end
  return names
end

--- The payload of the first packet: {protocol=, version=, thread=, salt=, capabilities=, charset=, status=, plugin=} or {error=, message=};
-- nil if it is neither.
function M.parse_greeting(payload)
  local c = cursor.new(payload)
  local protocol = c:u8()
  if protocol == 255 then
    local code = c:le16()
    return not c.bad and { error = code, message = c:rest():gsub("^#%w%w%w%w%w", "") } or nil
  elseif protocol ~= 10 and protocol ~= 9 then
    return nil
  end
  local greeting = { protocol = protocol, version = c:zero(), thread = c:le32() }
  if c.bad or protocol == 9 then
    return not c.bad and greeting or nil
  end
  greeting.salt = c:bytes(8)
  c:skip(1)
  greeting.capabilities = c:le16()
  if c.bad then
    return nil
  end
  if c:left() >= 18 then
    greeting.charset, greeting.status = c:u8(), c:le16()
    greeting.capabilities = greeting.capabilities | c:le16() << 16
    local size = c:u8()
    c:skip(10)
    if c:left() > 0 then
      greeting.salt = greeting.salt .. c:bytes(math.min(c:left(), math.max(12, size - 9)))
      c:skip(math.min(1, c:left()))
      local plugin = c:left() > 0 and (c:rest():match "^[%w_]+")
      greeting.plugin = plugin or nil
    end
  else
    greeting.charset, greeting.status = nil, 0
  end
  return greeting
end

local MAX_GREETING = 4096

--- Connects and reads the greeting; nil if it does not come.
function M.greeting(host, port)
  local s = stream.open(host, port)
  if not s then
    return nil
  end
  local greeting
  local header = s:exactly(4)
  if header then
    local size, number = ("<I3B"):unpack(header)
    local payload = size <= MAX_GREETING and number <= 1 and s:exactly(size)
    greeting = payload and M.parse_greeting(payload)
  end
  s:close()
  return greeting
end

-- -------------------------------------------------------------------------------------------------------------- the field's interface

--- Bits of capabilities by name: the lower sixteen, and the upper ones.
M.Capabilities, M.ExtCapabilities = {}, {}
for i, name in pairs(CAPABILITY) do
  if i < 16 then
    M.Capabilities[name] = 1 << i
  else
    M.ExtCapabilities["Supports" .. name] = 1 << i - 16
  end
end

--- The greeting of a connected socket: true and {proto =, version =, threadid =, salt =, capabilities =, extcapabilities =, charset =, status =,
-- auth_plugin_name =, errorcode =, errormsg =}; false and why.
function M.receiveGreeting(socket)
  local s = stream.of(socket)
  local header = s:exactly(4)
  local size = header and ("<I3"):unpack(header)
  local payload = size and size <= MAX_GREETING and s:exactly(size)
  local told = payload and M.parse_greeting(payload)
  if not told then
    return false, s.why or "not a greeting of MySQL"
  elseif told.error then
    return true, { errorcode = told.error, errormsg = told.message }
  end
  local bits = told.capabilities or 0
  return true, { proto = told.protocol, version = told.version, threadid = told.thread, salt = told.salt, capabilities = bits & 0xffff, extcapabilities = bits >> 16,
    charset = told.charset, status = told.status, auth_plugin_name = told.plugin }
end

return M
