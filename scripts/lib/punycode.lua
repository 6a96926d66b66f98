-- punycode: RFC 3492. SPDX-License-Identifier: BSD-2-Clause
local unicode = require "unicode"

local M = {}

-- The parameters of section 5.
local BASE, TMIN, TMAX, SKEW, DAMP, FIRST_BIAS, FIRST_CODE = 36, 1, 26, 38, 700, 72, 128
local LARGEST = 0x10FFFF

-- Section 6.1.
local function adapt(delta, count, first)
  delta = first and delta // DAMP or delta // 2
  delta = delta + delta // count
  local k = 0
  while delta > (BASE - TMIN) * TMAX // 2 do
    delta, k = delta // (BASE - TMIN), k + BASE
  end
  return k + (BASE - TMIN + 1) * delta // (delta + SKEW)
end

local function threshold(k, bias)
  return math.max(TMIN, math.min(TMAX, k - bias))
end

local function digit(value)
  return string.char(value < 26 and value + 97 or value + 22)
end

local function value_of(byte)
  local c = string.char(byte):lower()
  if c:find("%l") then
    return c:byte() - 97
  elseif c:find("%d") then
    return c:byte() - 22
  end
end

--- Code points to a text (section 6.3), without "xn--".
function M.encode_codes(codes)
  local out, basic = {}, 0
  for _, code in ipairs(codes) do
    if code < 128 then
      out[#out + 1] = string.char(code)
      basic = basic + 1
    end
  end
  local n, delta, bias, done = FIRST_CODE, 0, FIRST_BIAS, basic
  if basic > 0 then
    out[#out + 1] = "-"
  end
  while done < #codes do
    local least = math.huge
    for _, code in ipairs(codes) do
      if code >= n and code < least then
        least = code
      end
    end
    delta, n = delta + (least - n) * (done + 1), least
    for _, code in ipairs(codes) do
      if code < n then
        delta = delta + 1
      elseif code == n then
        local q, k = delta, BASE
        while true do
          local t = threshold(k, bias)
          if q < t then
            break
          end
          out[#out + 1] = digit(t + (q - t) % (BASE - t))
          q, k = (q - t) // (BASE - t), k + BASE
        end
        out[#out + 1] = digit(q)
        bias = adapt(delta, done + 1, done == basic)
        delta, done = 0, done + 1
      end
    end
    delta, n = delta + 1, n + 1
  end
  return table.concat(out)
end

--- A text to code points (section 6.2); nil and a reason if it is none.
function M.decode_codes(text)
  local codes, from = {}, 1
  local basic = text:match("^(.*)%-")
  if basic then
    for i = 1, #basic do
      codes[i] = basic:byte(i)
      if codes[i] > 127 then
        return nil, "not ASCII"
      end
    end
    from = #basic + 2
  end
  local n, i, bias, at = FIRST_CODE, 0, FIRST_BIAS, from
  while at <= #text do
    local old, weight, k = i, 1, BASE
    while true do
      local value = at <= #text and value_of(text:byte(at))
      if not value then
        return nil, "not a digit"
      end
      at = at + 1
      i = i + value * weight
      if i > 0x7fffffff then
        return nil, "overflow"
      end
      local t = threshold(k, bias)
      if value < t then
        break
      end
      weight, k = weight * (BASE - t), k + BASE
      if weight > 0x7fffffff then
        return nil, "overflow"
      end
    end
    bias = adapt(i - old, #codes + 1, old == 0)
    n, i = n + i // (#codes + 1), i % (#codes + 1)
    if n > LARGEST then
      return nil, "not a code point"
    end
    table.insert(codes, i + 1, n)
    i = i + 1
  end
  return codes
end

--- UTF-8 in, UTF-8 out.
function M.encode_input(text)
  return M.encode_codes(unicode.decode(text, unicode.utf8_dec))
end

function M.decode_input(text)
  local codes, why = M.decode_codes(text)
  if not codes then
    return nil, why
  end
  return unicode.encode(codes, unicode.utf8_enc)
end

return M
