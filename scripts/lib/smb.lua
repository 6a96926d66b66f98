-- smb: negotiation of SMB 1 ([MS-CIFS] 2.2.4.52) and SMB 2 and 3 ([MS-SMB2] 2.2.3). SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"
local nmap = require "nmap"
local stream = require "stream"

local M = {}

M.DIALECTS = { { 0x0202, "2.0.2" }, { 0x0210, "2.1" }, { 0x0300, "3.0" }, { 0x0302, "3.0.2" }, { 0x0311, "3.1.1" } }

local MAX_MESSAGE = 65536

-- [MS-SMB2] 2.1: four bytes before each message, the length in three.
local function framed(message)
  return (">I4"):pack(#message) .. message
end

--- A NetBIOS session request, which port 139 wants first (RFC 1002, section 4.3.2): to *SMBSERVER.
function M.session_request()
  local function coded(name)
    return "\32" .. (name .. (" "):rep(15 - #name) .. " "):gsub(".", function(c)
      return string.char(0x41 + (c:byte() >> 4), 0x41 + (c:byte() & 15))
    end) .. "\0"
  end
  local body = coded "*SMBSERVER" .. coded "DESCRY"
  return (">BBI2"):pack(0x81, 0, #body) .. body
end

--- SMB 1, dialect "NT LM 0.12".
function M.negotiate1()
  local header = "\xFFSMB\x72" .. (">I4"):pack(0) .. "\x18" .. ("<I2"):pack(0xC801) .. ("\0"):rep(12) .. ("<I2I2I2I2"):pack(0, 0x1234, 0, 1)
  local dialects = "\2NT LM 0.12\0"
  return framed(header .. "\0" .. ("<s2"):pack(dialects))
end

--- SMB 2 with dialects. 3.1.1 needs negotiate contexts: hash SHA-512, ciphers.
function M.negotiate2(dialects)
  local header = "\xFESMB" .. ("<I2I2I4I2I2I4I4I8I4I4I8"):pack(64, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) .. ("\0"):rep(16)
  local list, contexts = {}, ""
  for i, dialect in ipairs(dialects) do
    list[i] = ("<I2"):pack(dialect)
  end
  local newest = dialects[#dialects] == 0x0311
  local names = table.concat(list)
  local body = ("<I2I2I2I2I4"):pack(36, #dialects, 1, 0, 0x7F) .. nmap.get_random_bytes(16)
  if newest then
    local padding = ("\0"):rep(-(64 + 36 + #names) % 8)
    local salt = nmap.get_random_bytes(32)
    local integrity = ("<I2I2I2"):pack(1, 32, 1) .. salt
    local ciphers = ("<I2I2I2"):pack(2, 2, 1)
    contexts = padding .. ("<I2I2I4"):pack(1, #integrity, 0) .. integrity .. ("\0"):rep(-#integrity % 8) .. ("<I2I2I4"):pack(2, #ciphers, 0) .. ciphers
    body = body .. ("<I4I2I2"):pack(64 + 36 + #names + #padding, 2, 0)
  else
    body = body .. ("\0"):rep(8)
  end
  return framed(header .. body .. names .. contexts)
end

--- The answer to a negotiation: {smb1=true} or {dialect=, signing=, guid=, time=, start=}; nil if the server agreed to none.
function M.parse(message)
  local c = cursor.new(message)
  local magic = c:bytes(4)
  if magic == "\xFFSMB" then
    local command, status = c:u8(), c:u32()
    c:skip(23)
    local words, dialect = c:u8(), c:le16()
    return not c.bad and command == 0x72 and status == 0 and words == 17 and dialect ~= 0xFFFF and { smb1 = true } or nil
  elseif magic ~= "\xFESMB" then
    return nil
  end
  c:skip(4)
  local status, command = c:le32(), c:le16()
  c:skip(50)
  if c.bad or status ~= 0 or command ~= 0 or c:le16() ~= 65 then
    return nil
  end
  local answer = { signing = c:le16(), dialect = c:le16() }
  c:skip(2)
  answer.guid = c:bytes(16)
  answer.capabilities = c:le32()
  c:skip(12)
  answer.time, answer.start = c:le64(), c:le64()
  return not c.bad and answer or nil
end

--- One negotiation on a connection of its own; nil if it leads to nothing, and "connect" if nobody is there.
function M.negotiate(host, port, request)
  local s = stream.open(host, port, { proto = "tcp" })
  if not s then
    return nil, "connect"
  end
  local answer
  local ready = port.number ~= 139 or (s:ask(M.session_request(), 4) or ""):byte(1) == 0x82
  local header = ready and s:ask(request, 4)
  if header then
    local size = (">I4"):unpack(header) & 0xffffff
    local message = header:byte(1) == 0 and size <= MAX_MESSAGE and s:exactly(size)
    answer = message and M.parse(message)
  end
  s:close()
  return answer
end

--- Windows' count of 100 ns since 1601, as seconds since 1970; nil for 0.
function M.seconds(filetime)
  return filetime ~= 0 and filetime // 10000000 - 11644473600 or nil
end

return M
