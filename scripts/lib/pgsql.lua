-- pgsql: what PostgreSQL says before a login ("Message Formats" of its documentation). SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"
local stream = require "stream"

local M = {}

local MAX_ERROR = 8192

--- The fields of an ErrorResponse by their letters (M: message, C: code, F: file, L: line, R: routine); nil if it is none.
function M.parse_error(body)
  local c, fields = cursor.new(body), {}
  while c:left() > 0 do
    local letter = c:bytes(1)
    if letter == "\0" then
      break
    end
    fields[letter] = c:zero()
  end
  return not c.bad and fields.C and fields or nil
end

--- Starts with protocol 65363.19778 and reads why not; nil if the answer is none of PostgreSQL's.
function M.refusal(host, port)
  local s = stream.open(host, port)
  if not s then
    return nil
  end
  local fields
  local header = s:ask((">I4I2I2"):pack(9, 65363, 19778) .. "\0", 5)
  if header then
    local kind, size = (">c1I4"):unpack(header)
    local body = kind == "E" and size >= 4 and size <= MAX_ERROR and s:exactly(size - 4)
    fields = body and M.parse_error(body)
  end
  s:close()
  return fields
end

--- Does the server offer TLS (SSLRequest)? true, false; nil if it says neither.
function M.offers_tls(host, port)
  local s = stream.open(host, port, { proto = "tcp" })
  if not s then
    return nil
  end
  local answer = s:ask((">I4I4"):pack(8, 80877103), 1)
  s:close()
  if answer == "S" or answer == "N" then
    return answer == "S"
  end
end

return M
