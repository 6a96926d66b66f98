-- datafiles: lines of data files, read once and kept. SPDX-License-Identifier: BSD-2-Clause
--
-- Files are found through nmap.fetchfile. The formats are those of /etc/services, /etc/rpc and /etc/protocols.
local nmap = require "nmap"

local M = {}

local function cache()
  nmap.registry.datafiles = nmap.registry.datafiles or {}
  return nmap.registry.datafiles
end

--- The lines of a file: true and an array, or false and why not.
function M.read_from_file(name)
  local path = nmap.fetchfile(name) or name
  local file, why = io.open(path, "r")
  if not file then
    return false, why
  end
  local lines = {}
  for line in file:lines() do
    lines[#lines + 1] = line
  end
  file:close()
  return true, lines
end

--- A file's lines through a pattern with one capture (array) or two (table); or a table of {key pattern or function, value ...} pairs.
function M.parse_lines(lines, structure)
  local result = {}
  for _, line in ipairs(lines) do
    if not line:find("^%s*#") and line:find("%S") then
      if type(structure) == "string" then
        local key, value = line:match(structure)
        if value ~= nil then
          result[key] = value
        elseif key ~= nil then
          result[#result + 1] = key
        end
      else
        for key, value in pairs(structure) do
          local k = type(key) == "function" and key(line) or type(key) == "string" and line:match(key) or nil
          local v = type(value) == "function" and value(line) or line:match(value)
          if v ~= nil then
            result[k ~= nil and k or #result + 1] = v
          end
        end
      end
    end
  end
  return result
end

--- The same of a file by name: true and the table, or false and why not.
function M.parse_file(name, structure)
  local kept = cache()
  if type(structure) == "string" or structure == nil then
    kept[name] = kept[name] or {}
    local key = structure or "lines"
    if not kept[name][key] then
      local ok, lines = M.read_from_file(name)
      if not ok then
        return false, lines
      end
      kept[name][key] = structure and M.parse_lines(lines, structure) or lines
    end
    return true, kept[name][key]
  end
  local ok, lines = M.read_from_file(name)
  if not ok then
    return false, lines
  end
  return true, M.parse_lines(lines, structure)
end

-- /etc/services: "ssh 22/tcp"; number to name of a protocol.
local function services(lines)
  local by = {}
  for _, line in ipairs(lines) do
    local name, number, protocol = line:match("^([^%s#]+)%s+(%d+)/(%a+)")
    if name then
      by[protocol] = by[protocol] or {}
      by[protocol][tonumber(number)] = by[protocol][tonumber(number)] or name
    end
  end
  return by
end

local function load(name, reader)
  local kept = cache()
  if not kept[reader] then
    local ok, lines = M.read_from_file(name)
    if not ok then
      return false, lines
    end
    kept[reader] = reader(lines)
  end
  return true, kept[reader]
end

--- Names of ports: {tcp = {[22] = "ssh"}, udp = ...}; with a protocol only its table.
function M.parse_services(protocol)
  local ok, by = load("services", services)
  if not ok then
    return ok, by
  end
  return true, protocol and (by[protocol] or {}) or by
end

-- "portmapper 100000 portmap": number to name.
local function numbers(lines)
  local by = {}
  for _, line in ipairs(lines) do
    local name, number = line:match("^([^%s#]+)%s+(%d+)")
    if name then
      by[tonumber(number)] = by[tonumber(number)] or name
    end
  end
  return by
end

--- Names of ONC RPC programs: {[100000] = "rpcbind"}.
function M.parse_rpc()
  return load("rpc", numbers)
end

local function protocols(lines)
  return numbers(lines)
end

-- "001122 Vendor" or "00:11:22<tab>Vendor": the first bytes of hardware addresses, in capitals.
local function prefixes(lines)
  local by = {}
  for _, line in ipairs(lines) do
    local digits, vendor = line:match("^([%x:-]+)%s+(%S.*)$")
    digits = digits and digits:gsub("[:-]", ""):upper()
    if digits and #digits >= 6 then
      by[digits] = vendor
    end
  end
  return by
end

--- Makers of network cards by the first bytes of an address: {["001122"] = "Vendor"}. There is such a file only where the user brings one.
function M.parse_mac_prefixes()
  return load("nmap-mac-prefixes", prefixes)
end

--- Names of IP protocols: {[6] = "tcp"}.
function M.parse_protocols()
  return load("protocols", protocols)
end

return M
