-- check: results as TAP lines, which tools/run-tests.py counts.
local M = { count = 0, failed = 0 }

local function show(value)
  if type(value) == "string" then
    return ("%q"):format(value)
  elseif type(value) ~= "table" then
    return tostring(value)
  end
  local out = {}
  for k, v in pairs(value) do
    out[#out + 1] = tostring(k) .. "=" .. show(v)
  end
  table.sort(out)
  return "{" .. table.concat(out, ", ") .. "}"
end
M.show = show

function M.ok(fine, name, why)
  M.count = M.count + 1
  print((fine and "ok " or "not ok ") .. M.count .. " - " .. name)
  if not fine then
    M.failed = M.failed + 1
    print("    " .. tostring(why or "false"):gsub("\n", "\n    "))
  end
end

--- Values are compared by what is written of them: tables by their contents.
function M.equal(name, got, expected)
  local a, b = show(got), show(expected)
  M.ok(a == b, name, "got      " .. a .. "\nexpected " .. b)
end

--- A text contains another, literally.
function M.has(name, text, piece)
  M.ok(type(text) == "string" and text:find(piece, 1, true) ~= nil, name, "no " .. show(piece) .. " in " .. show(text))
end

function M.done()
  print("1.." .. M.count)
  os.exit(M.failed == 0)
end

return M
