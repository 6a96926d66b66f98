-- listop: small functions of lists, as functional languages have them. Lists are arrays; none is changed. SPDX-License-Identifier: BSD-2-Clause
local M = {}

function M.is_list(value)
  return type(value) == "table"
end

function M.is_empty(list)
  return #list == 0
end

--- f of each element, as a new list.
function M.map(f, list)
  local out = {}
  for i, value in ipairs(list) do
    out[i] = f(value)
  end
  return out
end

--- f of all elements as arguments.
function M.apply(f, list)
  return f(table.unpack(list))
end

--- Those for which f is true.
function M.filter(f, list)
  local out = {}
  for _, value in ipairs(list) do
    if f(value) then
      out[#out + 1] = value
    end
  end
  return out
end

--- f of what came out so far and the next element, from the first and from the last.
function M.foldl(f, start, list)
  for _, value in ipairs(list) do
    start = f(start, value)
  end
  return start
end

function M.foldr(f, start, list)
  for i = #list, 1, -1 do
    start = f(list[i], start)
  end
  return start
end

--- The first element; the list without it; the list with one before it.
function M.car(list)
  return list[1]
end

function M.cdr(list)
  return { table.unpack(list, 2) }
end

function M.cons(value, list)
  return { value, table.unpack(list or {}) }
end

function M.append(first, second)
  local out = { table.unpack(first) }
  table.move(second, 1, #second, #out + 1, out)
  return out
end

function M.reverse(list)
  local out = {}
  for i = #list, 1, -1 do
    out[#out + 1] = list[i]
  end
  return out
end

--- Lists inside lists as one.
function M.flatten(list)
  local out = {}
  for _, value in ipairs(list) do
    if type(value) == "table" then
      out = M.append(out, M.flatten(value))
    else
      out[#out + 1] = value
    end
  end
  return out
end

return M
