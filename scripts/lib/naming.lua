-- naming: what scripts of category version share: when they are worth running, and how they tell what they found.
-- SPDX-License-Identifier: BSD-2-Clause
--
-- A script adds to what version detection found; it never takes away. See tell().
local nmap = require "nmap"
local shortport = require "shortport"

local M = {}

--- Did version detection name the service by a reply, with product and version?
function M.known(port)
  local version = port.version or {}
  return version.service_dtype == "probed" and (version.product or "") ~= "" and (version.version or "") ~= ""
end

local function empty(value)
  return value == nil or value == ""
end

local function list(value)
  return type(value) == "table" and value or { value }
end

-- Is a port open whose replies were read by nobody, or only told one of some names and no product?
local function unnamed(port, services)
  local version = port.version or {}
  if port.state ~= "open" or not empty(version.product) or shortport.port_is_excluded(port.number, port.protocol) then
    return false
  end
  return version.service_dtype ~= "probed" and not empty(version.service_fp) or version.service_dtype == "probed" and services[version.name or ""] or false
end

--- A rule. Fields of what: ports, services, protocol ("tcp"), rarity (7), more (also when product and version are known already), also (names
-- that may stand on one of the ports, but are no reason by themselves: "http" for what speaks HTTP), unnamed (also every port whose replies
-- nobody could read; those with a product are left out), silent (also an udp port that answered no probe).
-- A port that was named by its reply counts only if the name is among services and also: its number says nothing then.
function M.rule(what)
  local inner = shortport.version_port_or_service(what.ports, what.services, what.protocol or "tcp", nil, what.rarity)
  local services = {}
  for _, names in ipairs { list(what.services), list(what.also) } do
    for _, name in ipairs(names) do
      services[name] = true
    end
  end
  return function(host, port)
    local version = port.version or {}
    if what.unnamed then
      return port.protocol == (what.protocol or "tcp") and unnamed(port, services) and nmap.version_intensity() >= (what.rarity or 7)
    end
    -- What was silent to the probes is silent to the same question of a script, unless the user, who named it, knows better, or the script's is another.
    if not inner(host, port) or port.state ~= "open" and not what.silent and nmap.version_intensity() < 9 then
      return false
    end
    local confident = version.service_dtype == "probed" and (version.name_confidence or 0) > 5
    if confident and version.name and not services[version.name] then
      return false
    end
    -- Who names the script wants to read what it says, known or not.
    return what.more or not M.known(port) or nmap.version_intensity() >= 9
  end
end

--- "cpe:/a:vendor:product" with the version behind it, if it is one that can stand there.
function M.cpe(prefix, version)
  local text = "cpe:/" .. prefix
  if version and version:find("^[%w%._+~-]+$") then
    return text .. ":" .. version:lower()
  end
  return text
end

local FIELDS = { "product", "version", "extrainfo", "hostname", "ostype", "devicetype" }

-- Is the new text the same told more exactly ("9.2" and "9.2.1")?
local function refines(old, new)
  return #new > #old and new:sub(1, #old) == old and not new:sub(#old + 1, #old + 1):find("%d")
end

-- Does the new name tell the old one, too ("cpe:/a:x:y" and "cpe:/a:x:y:1.0", "…:2.4" and "…:2.4.2")?
local function tells_more(old, new)
  local next = new:sub(1, #old) == old and new:sub(#old + 1, #old + 1)
  return next == ":" or (next == "." and old:find("^cpe:/%a:[^:]*:[^:]*:") ~= nil)
end

--- Tells what was found: name, product, version, extrainfo, hostname, ostype, devicetype, cpe (text or list); rename: the name counts also
-- where a reply told another, but no product. What version detection found stays, unless it was empty or the new text tells the same more
-- exactly. A version without the same product is not taken.
-- A port that was not certainly open is open from now on: it answered.
function M.tell(host, port, facts)
  port.version = port.version or {}
  local version, news = port.version, false
  local probed = version.service_dtype == "probed"
  local same_product = empty(version.product) or empty(facts.product) or version.product:lower() == facts.product:lower()
  local nameless = not probed or empty(version.name) or (facts.rename and empty(version.product))
  if not empty(facts.name) and nameless and version.name ~= facts.name then
    version.name, news = facts.name, true
  end
  for _, field in ipairs(FIELDS) do
    local new, old = facts[field], version[field]
    local product_bound = field == "version" or field == "product"
    if not empty(new) and (same_product or not product_bound) and (empty(old) or refines(old, new)) then
      version[field], news = new, true
    end
  end
  version.cpe = version.cpe or {}
  local have = {}
  for _, cpe in ipairs(version.cpe) do
    have[cpe] = true
  end
  for _, cpe in ipairs(list(facts.cpe)) do
    if same_product and not have[cpe] then
      local place
      for i, old in ipairs(version.cpe) do
        if tells_more(old, cpe) then
          place = i
        elseif tells_more(cpe, old) then
          place = 0
        end
      end
      if place ~= 0 then
        version.cpe[place or #version.cpe + 1], news = cpe, true
      end
    end
  end
  if port.state == "open|filtered" then
    nmap.set_port_state(host, port, "open")
    port.state = "open"
  end
  if news or not probed then
    nmap.set_port_version(host, port, empty(version.product) and "softmatched" or "hardmatched")
  end
end

return M
