-- oops: errors that remember what was tried. SPDX-License-Identifier: BSD-2-Clause
--
--   local ok, data = oops.raise("the header cannot be read", socket:receive())
--   return oops.output(get(host, port))
local nmap = require "nmap"

local M = {}
local Err = {}
Err.__index = Err

function Err.__tostring(self)
  return table.concat(self.said, "\n  ")
end

-- a .. b adds what was tried outside.
function Err.__concat(a, b)
  local new = setmetatable({ said = {} }, Err)
  for _, part in ipairs { a, b } do
    for _, text in ipairs(getmetatable(part) == Err and part.said or { tostring(part) }) do
      new.said[#new.said + 1] = text
    end
  end
  return new
end

--- An error of a text; with a cause that is below it.
function M.err(message, cause)
  local new = setmetatable({ said = { tostring(message) } }, Err)
  return cause ~= nil and new .. cause or new
end

--- raise(message, status, ...): passes a success on; a failure gets the message before it.
function M.raise(message, status, ...)
  if status then
    return status, ...
  end
  return status, M.err(message, (...))
end

--- output(status, result, ...): what an action returns: the result, or nothing (with -d the error).
function M.output(status, ...)
  if status then
    return ...
  end
  if nmap.debugging() > 0 then
    return "ERROR: " .. tostring((...))
  end
  return nil
end

return M
