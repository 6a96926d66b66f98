-- pop3: greeting and abilities of POP3 (RFC 1939, 2449). SPDX-License-Identifier: BSD-2-Clause
local shortport = require "shortport"
local stream = require "stream"

local M = {}

local MOST_LINES = 100

--- Numbers that stand for what went wrong.
M.err = { none = 1, userError = 2, pwError = 3, informationMissing = 4, OpenSSLMissing = 5 }

--- Is a reply a good one? True or false, and the text behind the sign.
function M.stat(line)
  local sign, text = (line or ""):match "^([+-]%u+) ?(.*)$"
  return sign == "+OK", text
end

--- The lines of a reply's body, up to a dot.
local function body(s)
  local lines = {}
  while #lines < MOST_LINES do
    local line = s:line()
    if not line then
      return nil
    elseif line == "." then
      return lines
    end
    lines[#lines + 1] = line:gsub("^%.%.", ".")
  end
end

--- What a server can do: {UIDL = {}, SASL = {"PLAIN"}, APOP = {}, ...}; nil if it is none of POP3. APOP is told by its greeting.
function M.capabilities(host, port)
  local tunnel = shortport.ssl(host, port) and (port.version or {}).service_tunnel ~= "none"
  local s = stream.open(host, port, tunnel and { proto = "ssl" } or nil)
  if not s then
    return nil
  end
  local found
  local greeting = s:line()
  if M.stat(greeting) and s:send "CAPA\r\n" then
    found = {}
    if greeting:find "<[^<>@]+@[^<>]+>%s*$" then
      found.APOP = {}
    end
    for _, line in ipairs(M.stat(s:line()) and body(s) or {}) do
      local name, rest = line:match "^(%S+)%s*(.*)$"
      if name then
        found[name] = {}
        for word in rest:gmatch "%S+" do
          table.insert(found[name], word)
        end
      end
    end
    s:send "QUIT\r\n"
  end
  s:close()
  return found
end

return M
