-- tab: tables whose columns stand below each other. SPDX-License-Identifier: BSD-2-Clause
--
--   local t = tab.new()
--   tab.addrow(t, "NAME", "SIZE")
--   tab.add(t, 1, "readme")  tab.add(t, 2, "12")
--   return tab.dump(t)
local M = {}
local Table = { __index = M }

--- A new table. Columns need not be announced; rows may differ in length.
function M.new()
  return setmetatable({ rows = {}, current = 1, widest = 0 }, Table)
end

--- Sets a column of the current row.
function M.add(t, column, value)
  local row = t.rows[t.current]
  if not row then
    row = {}
    t.rows[t.current] = row
  end
  row[column] = tostring(value == nil and "" or value)
  t.widest = math.max(t.widest, column)
end

--- Sets all columns of the current row and goes on to the next.
function M.addrow(t, ...)
  for column = 1, select("#", ...) do
    M.add(t, column, (select(column, ...)))
  end
  M.nextrow(t)
end

--- Goes on to the next row.
function M.nextrow(t)
  t.rows[t.current] = t.rows[t.current] or {}
  t.current = t.current + 1
end

--- The table as text: two blanks between columns, none at the end of a line.
function M.dump(t)
  local width = {}
  for _, row in pairs(t.rows) do
    for column, text in pairs(row) do
      width[column] = math.max(width[column] or 0, #text)
    end
  end
  local lines = {}
  for number = 1, t.rows[t.current] and t.current or t.current - 1 do
    local cells = {}
    for column = 1, t.widest do
      local text = t.rows[number][column] or ""
      cells[column] = text .. (" "):rep((width[column] or 0) - #text)
    end
    lines[number] = table.concat(cells, "  "):gsub("%s+$", "")
  end
  return table.concat(lines, "\n")
end

Table.__tostring = M.dump

return M
