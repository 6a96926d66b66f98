-- vnc: the beginning of RFB (RFC 6143) up to the list of ways to log in. SPDX-License-Identifier: BSD-2-Clause
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

--- What a server says: {version="3.8", security={numbers}, refusal=}; nil if it is none.
function M.greeting(host, port)
  local s = stream.open(host, port)
  if not s then
    return nil
  end
  local told
  local line = s:exactly(12)
  local major, minor = (line or ""):match "^RFB (%d%d%d)%.(%d%d%d)\n$"
  if major then
    major, minor = tonumber(major), tonumber(minor)
    told = { version = ("%d.%d"):format(major, minor), security = {} }
    -- Versions between (and Apple's 3.889) are answered with the nearest below (section 7.1.1).
    local answer = (major > 3 or minor >= 8) and 8 or minor == 7 and 7 or 3
    if s:send(("RFB 003.%03d\n"):format(answer)) then
      if answer == 3 then
        local bytes = s:exactly(4)
        local kind = bytes and (">I4"):unpack(bytes)
        if kind == 0 then
          told.refusal = reason(s)
        elseif kind then
          told.security[1] = kind
        end
      else
        local count = s:exactly(1)
        local kinds = count and count ~= "\0" and s:exactly(count:byte())
        if count == "\0" then
          told.refusal = reason(s)
        end
        for i = 1, #(kinds or "") do
          told.security[i] = kinds:byte(i)
        end
      end
    end
  end
  s:close()
  return told
end

return M
