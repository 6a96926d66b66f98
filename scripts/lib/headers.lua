-- headers: messages of the family of HTTP (SIP, RTSP, SSDP): a first line, fields, an empty line. SPDX-License-Identifier: BSD-2-Clause
local M = {}

local MAX_FIELDS = 100

--- {first=, status=, reason=, fields = {name in lower case = value}}; nil if the text does not begin with such a line. Fields that came twice
-- are joined with ", ".
function M.parse(text, protocol)
  local first = text:match "^([^\r\n]*)"
  local status, reason = first:match("^" .. protocol .. "/%d%.%d (%d%d%d) ?(.*)$")
  if not status then
    return nil
  end
  local fields, count = {}, 0
  for line in text:sub(#first + 1):gmatch "[^\r\n]+" do
    local name, value = line:match "^([%w.!%%*+'`~_-]+)%s*:%s*(.-)%s*$"
    count = count + 1
    if count > MAX_FIELDS then
      break
    end
    if name then
      name = name:lower()
      fields[name] = fields[name] and fields[name] .. ", " .. value or value
    end
  end
  return { first = first, status = tonumber(status), reason = reason, fields = fields }
end

return M
