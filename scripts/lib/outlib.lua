-- outlib: tables that print in a good order. SPDX-License-Identifier: BSD-2-Clause
local M = {}

--- The same table, walked in the order of its keys (pairs honours it).
function M.sorted_by_key(t)
  local meta = getmetatable(t) or {}
  meta.__pairs = function(self)
    local keys = {}
    for k in next, self do
      keys[#keys + 1] = k
    end
    table.sort(keys, function(a, b)
      return type(a) == type(b) and type(a) ~= "boolean" and type(a) ~= "table" and a < b or type(a) < type(b)
    end)
    local at = 0
    return function()
      at = at + 1
      local k = keys[at]
      if k ~= nil then
        return k, rawget(self, k)
      end
    end, self, nil
  end
  return setmetatable(t, meta)
end

--- The same array, printed on one line with a separator (default ", "); in structured output it stays an array.
function M.list_sep(t, separator)
  local meta = getmetatable(t) or {}
  meta.__tostring = function(self)
    local pieces = {}
    for i, item in ipairs(self) do
      pieces[i] = tostring(item)
    end
    return table.concat(pieces, separator or ", ")
  end
  return setmetatable(t, meta)
end

return M
