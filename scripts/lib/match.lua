-- match: delimiters for a socket's receive_buf. SPDX-License-Identifier: BSD-2-Clause
local M = {}

--- Ends after so many bytes.
function M.numbytes(count)
  return function(buffer)
    if #buffer >= count then
      return count, count
    end
  end
end

--- Ends at a Lua pattern, and fails when it has not come within so many bytes.
function M.pattern_limit(pattern, limit)
  return function(buffer)
    local first, last = buffer:find(pattern)
    if not first and #buffer > limit then
      error(("the peer sent more than %d bytes without \"%s\""):format(limit, pattern), 2)
    end
    return first, last
  end
end

--- Ends at a Lua pattern.
function M.pattern(pattern)
  return function(buffer)
    return buffer:find(pattern)
  end
end

return M
