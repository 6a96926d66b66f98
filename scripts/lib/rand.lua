-- rand: random bytes and texts. SPDX-License-Identifier: BSD-2-Clause
local nmap = require "nmap"

local M = {}

local have_openssl, openssl = pcall(require, "openssl")
local bytes_of = have_openssl and openssl.rand_pseudo_bytes or nmap.get_random_bytes

--- The characters of a range: charset("a", "z"), or of codes: charset(97, 122).
function M.charset(first, last)
  local set = {}
  for code = type(first) == "number" and first or first:byte(), type(last) == "number" and last or last:byte() do
    set[#set + 1] = string.char(code)
  end
  return table.concat(set)
end

local ALPHA = "abcdefghijklmnopqrstuvwxyz"

--- A random text of a length, of the characters of a set (a string or an array; none: any bytes).
function M.random_string(length, charset)
  if not charset then
    return bytes_of(length)
  end
  local set = type(charset) == "table" and charset or nil
  local size = set and #set or #charset
  local out = {}
  -- Two bytes a character: the bias is below size / 65536.
  local random = bytes_of(length * 2)
  for i = 1, length do
    local high, low = random:byte(2 * i - 1, 2 * i)
    local at = (high << 8 | low) % size + 1
    out[i] = set and set[at] or charset:sub(at, at)
  end
  return table.concat(out)
end

--- A random text of lower-case letters.
function M.random_alpha(length)
  return M.random_string(length, ALPHA)
end

return M
