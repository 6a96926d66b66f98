-- ipOps: addresses as texts, numbers and bytes (RFC 4291, 5952). SPDX-License-Identifier: BSD-2-Clause
--
-- Everything works on byte strings of 4 or 16 bytes inside. Failures are nil and a reason.
local M = {}

-- ------------------------------------------------------------------------------------------------------------------ texts and bytes

local function v4_bytes(text)
  local pieces = { text:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$") }
  if #pieces ~= 4 then
    return nil
  end
  local bytes = {}
  for i, piece in ipairs(pieces) do
    local value = tonumber(piece)
    if #piece > 3 or value > 255 then
      return nil
    end
    bytes[i] = string.char(value)
  end
  return table.concat(bytes)
end

-- Groups of one side of "::", as bytes; the last may be an IPv4 address.
local function groups(text)
  if text == "" then
    return ""
  end
  local out = {}
  local last
  for group in (text .. ":"):gmatch("([^:]*):") do
    if last then
      return nil
    end
    if group:find(".", 1, true) then
      last = v4_bytes(group)
      if not last then
        return nil
      end
      out[#out + 1] = last
    elseif group:find("^%x%x?%x?%x?$") then
      out[#out + 1] = (">I2"):pack(tonumber(group, 16))
    else
      return nil
    end
  end
  return table.concat(out)
end

local function v6_bytes(text)
  text = text:gsub("%%.*$", "")
  local left, right = text:match("^(.-)::(.*)$")
  if not left then
    local whole = groups(text)
    return whole and #whole == 16 and whole or nil
  end
  left, right = groups(left), not right:find("::", 1, true) and groups(right) or nil
  if not left or not right or #left + #right > 14 then
    return nil
  end
  return left .. ("\0"):rep(16 - #left - #right) .. right
end

--- The 4 or 16 bytes of an address in text.
function M.ip_to_str(text)
  if type(text) ~= "string" then
    return nil, "an address as text was expected"
  end
  local bytes = text:find(":", 1, true) and v6_bytes(text) or v4_bytes(text)
  if not bytes then
    return nil, ("not an address: %s"):format(text)
  end
  return bytes
end

-- RFC 5952: the longest run of zero groups (at least two, the first of equals) is "::".
local function v6_text(bytes)
  local words = { (">I2I2I2I2I2I2I2I2"):unpack(bytes) }
  local best, length, at = nil, 1, 1
  while at <= 8 do
    local stop = at
    while stop <= 8 and words[stop] == 0 do
      stop = stop + 1
    end
    if stop - at > length then
      best, length = at, stop - at
    end
    at = math.max(stop, at + 1)
  end
  local out = {}
  for i = 1, 8 do
    out[i] = ("%x"):format(words[i])
  end
  if not best then
    return table.concat(out, ":")
  end
  return table.concat(out, ":", 1, best - 1) .. "::" .. table.concat(out, ":", best + length, 8)
end

--- The text of 4 or 16 bytes.
function M.str_to_ip(bytes, family)
  if #bytes == 4 and family ~= "inet6" then
    return ("%d.%d.%d.%d"):format(bytes:byte(1, 4))
  elseif #bytes == 16 and family ~= "inet" then
    return v6_text(bytes)
  end
  return nil, "4 or 16 bytes were expected"
end

-- ---------------------------------------------------------------------------------------------------------------------- numbers, bits

--- The number of an IPv4 address in text.
function M.todword(text)
  local bytes, why = M.ip_to_str(text)
  if not bytes or #bytes ~= 4 then
    return nil, why or "an IPv4 address was expected"
  end
  return (">I4"):unpack(bytes), nil
end

--- The text of a number.
function M.fromdword(number)
  if type(number) ~= "number" or number < 0 or number > 0xffffffff then
    return nil
  end
  return M.str_to_ip((">I4"):pack(number // 1 | 0))
end

--- The parts of an address as an array of numbers: four bytes or eight words.
function M.get_parts_as_number(text)
  local bytes, why = M.ip_to_str(text)
  if not bytes then
    return nil, why
  end
  local parts = #bytes == 4 and { bytes:byte(1, 4) } or { (">I2I2I2I2I2I2I2I2"):unpack(bytes) }
  parts[9] = nil
  if #bytes == 4 then
    parts[5] = nil
  end
  return parts
end

--- The bits of an address as a text of 0 and 1.
function M.ip_to_bin(text)
  local bytes, why = M.ip_to_str(text)
  if not bytes then
    return nil, why
  end
  return (bytes:gsub(".", function(c)
    local value, bits = c:byte(), {}
    for i = 7, 0, -1 do
      bits[#bits + 1] = value >> i & 1
    end
    return table.concat(bits)
  end))
end

--- The address of 32 or 128 bits in text.
function M.bin_to_ip(bits)
  if type(bits) ~= "string" or (#bits ~= 32 and #bits ~= 128) or bits:find("[^01]") then
    return nil, "32 or 128 bits were expected"
  end
  return M.str_to_ip((bits:gsub(("%d"):rep(8), function(byte)
    return string.char(tonumber(byte, 2))
  end)))
end

--- The bits of a text of hex digits.
function M.hex_to_bin(hex)
  if type(hex) ~= "string" or hex == "" or hex:find("%X") then
    return nil, "hex digits were expected"
  end
  return (hex:gsub("%x", function(digit)
    local value = tonumber(digit, 16)
    return ("%d%d%d%d"):format(value >> 3, value >> 2 & 1, value >> 1 & 1, value & 1)
  end))
end

--- All eight groups of an IPv6 address, four digits each; family "inet6" maps an IPv4 address into ::ffff:0:0/96.
function M.expand_ip(text, family)
  local bytes, why = M.ip_to_str(text)
  if not bytes then
    return nil, why
  end
  if #bytes == 4 then
    if family ~= "inet6" then
      return M.str_to_ip(bytes)
    end
    bytes = ("\0"):rep(10) .. "\255\255" .. bytes
  end
  local words = { (">I2I2I2I2I2I2I2I2"):unpack(bytes) }
  for i = 1, 8 do
    words[i] = ("%04x"):format(words[i])
  end
  return table.concat(words, ":", 1, 8)
end

-- ------------------------------------------------------------------------------------------------------------------------ comparisons

local COMPARE = {
  eq = function(a, b) return a == b end,
  ne = function(a, b) return a ~= b end,
  lt = function(a, b) return a < b end,
  le = function(a, b) return a <= b end,
  gt = function(a, b) return a > b end,
  ge = function(a, b) return a >= b end,
}

-- Lua compares strings by the locale; bytes are made comparable as hex digits.
local function sortable(bytes)
  return (bytes:gsub(".", function(c)
    return ("%02x"):format(c:byte())
  end))
end

--- compare_ip("10.0.0.1", "lt", "10.0.0.2"): all IPv4 addresses come before all IPv6 ones.
function M.compare_ip(left, op, right)
  local compare = COMPARE[op]
  if not compare then
    return nil, ("unknown comparison: %s"):format(tostring(op))
  end
  local a, why = M.ip_to_str(left)
  local b, why_b = M.ip_to_str(right)
  if not a or not b then
    return nil, why or why_b
  end
  return compare(("%02d"):format(#a) .. sortable(a), ("%02d"):format(#b) .. sortable(b))
end

-- Keeps the first `prefix` bits, the rest becomes 0 or 1.
local function fill(bytes, prefix, ones)
  local out = {}
  for i = 1, #bytes do
    local keep = math.max(0, math.min(8, prefix - (i - 1) * 8))
    local mask = 0xff << (8 - keep) & 0xff
    out[i] = string.char((bytes:byte(i) & mask) | (ones and ~mask & 0xff or 0))
  end
  return table.concat(out)
end

local function edge(text, prefix, ones)
  local bytes, why = M.ip_to_str(text)
  prefix = tonumber(prefix)
  if not bytes then
    return nil, why
  end
  if not prefix or prefix < 0 or prefix > #bytes * 8 then
    return nil, "not a prefix length"
  end
  return M.str_to_ip(fill(bytes, prefix // 1 | 0, ones))
end

--- "255.255.252.0" as 22; nil and why for what is no mask.
function M.subnet_to_cidr(mask)
  local bits = M.ip_to_bin(mask)
  local ones = bits and bits:match "^(1*)0*$"
  if not ones then
    return nil, "not a mask"
  end
  return #ones
end

--- The first and the last address of the network of an address.
function M.get_first_ip(text, prefix)
  return edge(text, prefix, false)
end

function M.get_last_ip(text, prefix)
  return edge(text, prefix, true)
end

--- The first and the last address of "10.0.0.0/8", "10.0.0.1-10.0.0.9" or "10.0.0.1".
function M.get_ips_from_range(range)
  if type(range) ~= "string" then
    return nil, nil, "a range as text was expected"
  end
  local address, prefix = range:match("^%s*([%x:.]+)%s*/%s*(%d+)%s*$")
  if address then
    local first, why = edge(address, prefix, false)
    return first, first and edge(address, prefix, true), why
  end
  local first, last = range:match("^%s*([%x:.]+)%s*%-%s*([%x:.]+)%s*$")
  if not first then
    first = range:match("^%s*([%x:.]+)%s*$")
    last = first
  end
  local a, b = M.ip_to_str(first or ""), M.ip_to_str(last or "")
  if not a or not b or #a ~= #b or sortable(a) > sortable(b) then
    return nil, nil, ("not a range of addresses: %s"):format(range)
  end
  return M.str_to_ip(a), M.str_to_ip(b)
end

--- Is an address in a range (any form of get_ips_from_range)? Addresses of the other family are not.
function M.ip_in_range(text, range)
  local bytes, why = M.ip_to_str(text)
  local first, last, why_range = M.get_ips_from_range(range)
  if not bytes or not first then
    return nil, why or why_range
  end
  local a, b = M.ip_to_str(first), M.ip_to_str(last)
  return #a == #bytes and sortable(a) <= sortable(bytes) and sortable(bytes) <= sortable(b)
end

-- Networks that no router of the Internet forwards to: RFC 6890 and its registries.
local PRIVATE = { "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16",
  "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "::/127", "::ffff:0:0/96", "100::/64", "2001:db8::/32", "fc00::/7",
  "fe80::/10", "ff00::/8" }

--- Is an address not of the Internet? true and the network; false; nil and a reason.
function M.isPrivate(text)
  local bytes, why = M.ip_to_str(text)
  if not bytes then
    return nil, why
  end
  for _, network in ipairs(PRIVATE) do
    if M.ip_in_range(text, network) then
      return true, network
    end
  end
  return false
end

M.is_private = M.isPrivate

return M
