-- formulas: a little arithmetic that scripts share. SPDX-License-Identifier: BSD-2-Clause
local M = {}

--- The entropy of a password in bits: length times the logarithm of the alphabets that it uses.
function M.calcPwdEntropy(text)
  local size = 0
  for pattern, count in pairs { ["%l"] = 26, ["%u"] = 26, ["%d"] = 10, ["[^%w]"] = 33 } do
    if text:find(pattern) then
      size = size + count
    end
  end
  return size == 0 and 0 or #text * math.log(size) / math.log(2)
end

--- Shannon's entropy of a text's bytes, in bits a byte.
function M.entropy(text)
  local counts, sum = {}, 0
  for i = 1, #text do
    local c = text:byte(i)
    counts[c] = (counts[c] or 0) + 1
  end
  for _, count in pairs(counts) do
    local p = count / #text
    sum = sum - p * math.log(p) / math.log(2)
  end
  return sum
end

--- Could bytes be random (encrypted, packed)? Their number of ones must lie within three standard deviations of one half.
function M.looksRandom(data)
  local ones = 0
  for i = 1, #data do
    local c = data:byte(i)
    while c > 0 do
      ones, c = ones + (c & 1), c >> 1
    end
  end
  local bits = #data * 8
  return bits > 0 and math.abs(ones - bits / 2) <= 3 * math.sqrt(bits) / 2
end

--- The mean and the standard deviation of an array of numbers.
function M.mean_stddev(list)
  local sum, squares = 0, 0
  for _, value in ipairs(list) do
    sum = sum + value
  end
  local mean = sum / #list
  for _, value in ipairs(list) do
    squares = squares + (value - mean) ^ 2
  end
  return mean, math.sqrt(squares / math.max(1, #list - 1))
end

--- The middle of an array of numbers.
function M.median(list)
  local sorted = { table.unpack(list) }
  table.sort(sorted)
  local half = #sorted // 2
  return #sorted % 2 == 1 and sorted[half + 1] or (sorted[half] + sorted[half + 1]) / 2
end

M.mean_stdev = M.mean_stddev

return M
