-- unittest: suites of tests inside libraries. SPDX-License-Identifier: BSD-2-Clause
--
--   if not unittest.testing() then return M end
--   test_suite = unittest.TestSuite:new()
--   test_suite:add_test(unittest.equal(1 + 1, 2), "arithmetic")
local stdnse = require "stdnse"

local M = {}

--- Are tests wanted (script argument unittest.run)?
function M.testing()
  return stdnse.get_script_args "unittest.run" ~= nil
end

local TestSuite = {}
TestSuite.__index = TestSuite
M.TestSuite = TestSuite

--- A suite; setup and teardown may be replaced.
function TestSuite:new()
  return setmetatable({ tests = {} }, { __index = self })
end

function TestSuite:setup()
  return true
end

function TestSuite:teardown() end

--- Adds a test: a function(suite) -> ok, note.
function TestSuite:add_test(test, name)
  self.tests[#self.tests + 1] = { test = test, name = name }
end

--- Runs all: how many passed, how many there are, and the notes of those that failed.
function TestSuite:run()
  local passed, faults = 0, {}
  local ready, why = self:setup()
  if not ready then
    return 0, #self.tests, { tostring(why or "setup failed") }
  end
  for _, one in ipairs(self.tests) do
    local sound, ok, note = pcall(one.test, self)
    if sound and ok then
      passed = passed + 1
    else
      faults[#faults + 1] = ("%s: %s"):format(tostring(one.name), tostring(sound and note or ok))
    end
  end
  self:teardown()
  return passed, #self.tests, faults
end

local function same(a, b)
  if a == b then
    return true
  end
  if type(a) ~= "table" or type(b) ~= "table" then
    return false
  end
  for k, v in pairs(a) do
    if not same(v, b[k]) then
      return false
    end
  end
  for k in pairs(b) do
    if a[k] == nil then
      return false
    end
  end
  return true
end

-- Each maker returns a test: a function -> ok, note.
local function maker(check, words)
  return function(...)
    local given, count = { ... }, select("#", ...)
    return function()
      local ok = check(table.unpack(given, 1, count))
      if ok then
        return true
      end
      local told = {}
      for i = 1, count do
        told[i] = type(given[i]) == "string" and ("%q"):format(given[i]) or tostring(given[i])
      end
      return false, words .. ": " .. table.concat(told, ", ")
    end
  end
end

M.is_nil = maker(function(v) return v == nil end, "not nil")
M.not_nil = maker(function(v) return v ~= nil end, "nil")
M.is_true = maker(function(v) return v == true end, "not true")
M.is_false = maker(function(v) return v == false end, "not false")
M.equal = maker(function(a, b) return a == b end, "not equal")
M.not_equal = maker(function(a, b) return a ~= b end, "equal")
M.identical = maker(same, "not the same")
M.identical_tables = M.identical
M.lt = maker(function(a, b) return a < b end, "not less")
M.lte = maker(function(a, b) return a <= b end, "not less or equal")
M.type_is = maker(function(kind, v) return type(v) == kind end, "of another type")
M.table_equal = maker(same, "tables differ")
M.length_is = maker(function(t, n) return #t == n end, "of another length")
M.keys_equal = maker(function(a, b)
  for k in pairs(a) do
    if b[k] == nil then
      return false
    end
  end
  for k in pairs(b) do
    if a[k] == nil then
      return false
    end
  end
  return true
end, "keys differ")

--- make_test(function(...) -> boolean, message): a maker of one's own.
function M.make_test(check, words)
  return maker(check, words or "failed")
end

--- A test that expects another to fail.
function M.expected_failure(test)
  return function(suite)
    local ok = test(suite)
    return not ok, "passed, but was to fail"
  end
end

return M
