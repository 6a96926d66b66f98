-- tableaux: small helpers for tables. SPDX-License-Identifier: BSD-2-Clause
local M = {}

--- A deep copy. Tables that occur twice (or contain themselves) occur twice in the copy, too. Metatables are shared.
function M.tcopy(t)
  local copies = {}
  local function copy(value)
    if type(value) ~= "table" then
      return value
    end
    if copies[value] then
      return copies[value]
    end
    local new = {}
    copies[value] = new
    for k, v in next, value do
      new[copy(k)] = copy(v)
    end
    return setmetatable(new, getmetatable(value))
  end
  return copy(t)
end

--- A copy of the first level only.
function M.shallow_tcopy(t)
  local new = {}
  for k, v in pairs(t) do
    new[k] = v
  end
  return new
end

--- Values become keys, keys become values.
function M.invert(t)
  local new = {}
  for k, v in pairs(t) do
    new[v] = k
  end
  return new
end

--- true and the key of a value; array: look only at the array part.
function M.contains(t, item, array)
  local iterator = array and ipairs or pairs
  for k, v in iterator(t) do
    if v == item then
      return true, k
    end
  end
  return false, nil
end

--- The keys as an array, in no order.
function M.keys(t)
  local list = {}
  for k in pairs(t) do
    list[#list + 1] = k
  end
  return list
end

return M
