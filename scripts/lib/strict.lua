-- strict: makes a misspelt global an error instead of nil.
-- The module is a function that is applied to a table (the host applies it to _G). SPDX-License-Identifier: BSD-2-Clause
--
-- Reading a name that nobody declared, or giving a new one a value inside a function, is an error. Main chunks and C may declare
-- names. Names that exist when the function is applied are declared.
local getinfo = debug.getinfo

-- What kind of code touched the table: "main", "Lua", "C". Level 3 is the code that touched it: 1 is this function, 2 the metamethod.
local function toucher()
  local info = getinfo(3, "S")
  return info and info.what or "C"
end

return function(t)
  local mt = getmetatable(t)
  if not mt then
    mt = {}
    setmetatable(t, mt)
  end
  local declared = {}

  mt.__newindex = function(self, name, value)
    if not declared[name] then
      local what = toucher()
      if what ~= "main" and what ~= "C" then
        error(("assign to undeclared variable '%s'"):format(tostring(name)), 2)
      end
      declared[name] = true
    end
    rawset(self, name, value)
  end

  mt.__index = function(_, name)
    if not declared[name] and toucher() ~= "C" then
      error(("variable '%s' is not declared"):format(tostring(name)), 2)
    end
    return nil
  end
  return t
end
