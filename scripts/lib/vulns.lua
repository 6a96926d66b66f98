-- vulns: what is told of a weakness that a script has looked for: whether it is there, its names, how bad it is. SPDX-License-Identifier: BSD-2-Clause
--
--   local report = vulns.Report:new(SCRIPT_NAME, host, port)
--   return report:make_output { title = "...", state = vulns.STATE.VULN, IDS = { CVE = "CVE-2014-0160" }, risk_factor = "High", ... }
local nmap = require "nmap"
local stdnse = require "stdnse"

local M = {}

--- DoS and EXPLOIT go with VULN (VULN | DoS).
M.STATE = { LIKELY_VULN = 0x01, NOT_VULN = 0x02, VULN = 0x04, DoS = 0x08, EXPLOIT = 0x10, UNKNOWN = 0x20 }
local STATE = M.STATE
STATE.DoS = STATE.DoS | STATE.VULN
STATE.EXPLOIT = STATE.EXPLOIT | STATE.VULN

M.STATE_MSG = {
  [STATE.LIKELY_VULN] = "LIKELY VULNERABLE", [STATE.NOT_VULN] = "NOT VULNERABLE", [STATE.VULN] = "VULNERABLE", [STATE.DoS] = "VULNERABLE (DoS)",
  [STATE.EXPLOIT] = "VULNERABLE (Exploitable)", [STATE.DoS | STATE.EXPLOIT] = "VULNERABLE (Exploitable)", [STATE.UNKNOWN] = "UNKNOWN (unable to test)",
}

--- Where the best known names are explained.
local LINK = {
  CVE = "https://cve.mitre.org/cgi-bin/cvename.cgi?name=%s",
  BID = "https://www.securityfocus.com/bid/%s",
}

-- Are weaknesses shown that are not there (script argument vulns.showall), or in one line (vulns.short)?
local function wants(name)
  return stdnse.get_script_args("vulns." .. name, name) ~= nil
end

local function list(value)
  if value == nil or value == "" then
    return {}
  end
  return type(value) == "table" and value or { value }
end

-- Keys in order: output is the same each time.
local function sorted(t)
  local keys = {}
  for key in pairs(t or {}) do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    return tostring(a) < tostring(b)
  end)
  return keys
end

local function ids_of(vuln)
  local ids = {}
  for _, kind in ipairs(sorted(vuln.IDS)) do
    ids[#ids + 1] = ("%s:%s"):format(kind, vuln.IDS[kind])
  end
  return ids
end

-- Those that were given, and the pages of well known names.
local function references_of(vuln)
  local found, have = {}, {}
  local function add(text)
    if not have[text] then
      have[text] = true
      found[#found + 1] = text
    end
  end
  for _, text in ipairs(list(vuln.references)) do
    add(text)
  end
  for _, kind in ipairs(sorted(vuln.IDS)) do
    if LINK[kind] then
      add(LINK[kind]:format(vuln.IDS[kind]))
    end
  end
  return found
end

local function date_of(date)
  if type(date) ~= "table" or not date.year then
    return nil
  end
  local parts = {}
  for i, field in ipairs { "year", "month", "day" } do
    if not date[field] then
      break
    end
    parts[i] = (field == "year" and "%04d" or "%02d"):format(tonumber(date[field]) or 0)
  end
  return table.concat(parts, "-")
end

-- The lines of a text or of a list of texts, without the blanks that stand before all of them.
local function lines_of(value)
  local lines, least = {}, math.huge
  for _, text in ipairs(list(value)) do
    for line in tostring(text):gmatch "[^\r\n]+" do
      local blanks = line:match "^%s*()%S"
      if blanks then
        least = math.min(least, blanks)
        lines[#lines + 1] = line:match "^(.-)%s*$"
      end
    end
  end
  for i, line in ipairs(lines) do
    lines[i] = line:sub(least)
  end
  return lines
end

local SECTIONS = { { "check_results", "Check results" }, { "exploit_results", "Exploit results" }, { "extra_info", "Extra information" } }

local function scores_of(vuln)
  local scores = {}
  for _, kind in ipairs(sorted(vuln.scores)) do
    scores[#scores + 1] = ("%s: %s"):format(kind, vuln.scores[kind])
  end
  return scores
end

local function is_there(vuln)
  return vuln.state & (STATE.VULN | STATE.LIKELY_VULN) ~= 0
end

local function heading(vuln)
  return (is_there(vuln) and "" or "NOT ") .. "VULNERABLE:"
end

-- One weakness as lines.
local function text_of(vuln, out)
  local function say(indent, text)
    out[#out + 1] = (" "):rep(indent) .. text
  end
  say(2, vuln.title)
  say(4, "State: " .. M.STATE_MSG[vuln.state])
  local ids = ids_of(vuln)
  if #ids > 0 then
    say(4, "IDs:  " .. table.concat(ids, "  "))
  end
  local marks = scores_of(vuln)
  if vuln.risk_factor then
    table.insert(marks, 1, "Risk factor: " .. vuln.risk_factor)
  end
  if #marks > 0 then
    say(4, table.concat(marks, "  "))
  end
  if not is_there(vuln) and nmap.verbosity() == 0 and not wants "showall" then
    return
  end
  for _, line in ipairs(lines_of(vuln.description)) do
    say(6, line)
  end
  for _, kind in ipairs(sorted(vuln.dates)) do
    local date = date_of(vuln.dates[kind])
    if date then
      say(4, ("%s date: %s"):format(kind:gsub("^%l", string.upper), date))
    end
  end
  for _, section in ipairs(SECTIONS) do
    local lines = lines_of(vuln[section[1]])
    if #lines > 0 then
      say(4, section[2] .. ":")
      for _, line in ipairs(lines) do
        say(6, line)
      end
    end
  end
  local references = references_of(vuln)
  if #references > 0 then
    say(4, "References:")
    for _, line in ipairs(references) do
      say(6, line)
    end
  end
end

-- The same for machines.
local function table_of(vuln)
  local out = stdnse.output_table()
  out.title = vuln.title
  out.state = M.STATE_MSG[vuln.state]
  local ids, references = ids_of(vuln), references_of(vuln)
  out.ids = #ids > 0 and ids or nil
  out.risk_factor = vuln.risk_factor
  out.scores = vuln.scores and next(vuln.scores) and vuln.scores or nil
  local description = lines_of(vuln.description)
  out.description = #description > 0 and description or nil
  out.dates = vuln.dates
  out.disclosure = date_of(vuln.dates and vuln.dates.disclosure)
  for _, section in ipairs(SECTIONS) do
    local lines = lines_of(vuln[section[1]])
    out[section[1]] = #lines > 0 and lines or nil
  end
  out.refs = #references > 0 and references or nil
  return out
end

local function check(vuln)
  if type(vuln) ~= "table" or type(vuln.title) ~= "string" or not M.STATE_MSG[vuln.state or 0] then
    error("a weakness needs a title and a state of vulns.STATE", 3)
  end
end

local function is_shown(vuln)
  return is_there(vuln) or vuln.state ~= STATE.UNKNOWN and wants "showall"
end

-- "CVE-2014-0160 (title)": what stands for it where there is one line.
local function short(vuln)
  local ids = ids_of(vuln)
  return ("%s %s"):format(M.STATE_MSG[vuln.state], ids[1] or vuln.title)
end

local function output(vulns)
  local structured, lines = stdnse.output_table(), {}
  local brief, said = wants "short", nil
  for _, vuln in ipairs(vulns) do
    if is_shown(vuln) then
      local name = vuln.IDS and (vuln.IDS.CVE or vuln.IDS[sorted(vuln.IDS)[1]]) or vuln.title
      structured[name] = table_of(vuln)
      if brief then
        lines[#lines + 1] = "  " .. short(vuln)
      else
        lines[#lines + 1] = said and "  " or nil
        if heading(vuln) ~= said then
          said = heading(vuln)
          lines[#lines + 1] = "  " .. said
        end
        text_of(vuln, lines)
      end
    end
  end
  if #lines == 0 then
    return nil
  end
  return structured, "\n" .. table.concat(lines, "\n")
end

-- ---------------------------------------------------------------------------------------------------------------------------- reports

local kept -- of the whole run, once somebody asked for it: {{script =, host =, port =, vuln =}}

--- Keeps what is reported from now on, for find and make_output after the run. filter(vuln) decides (default: what is there).
function M.save_reports(filter)
  kept = kept or {}
  kept.filter = filter or is_there
  return true
end

--- What was kept, as a list; of one script or all that a function takes.
function M.find(filter)
  local found = {}
  for _, entry in ipairs(kept or {}) do
    if not filter or type(filter) == "function" and filter(entry.vuln) or filter == entry.script then
      found[#found + 1] = entry
    end
  end
  return found
end

local Report = {}
Report.__index = Report
M.Report = Report

--- The weaknesses of one script on one host, or one of its ports.
function Report:new(script_name, host, port)
  return setmetatable({ script_name = script_name, host = host, port = port, entries = {} }, self)
end

--- Adds one weakness or several.
function Report:add_vulns(...)
  for _, vuln in ipairs { ... } do
    check(vuln)
    self.entries[#self.entries + 1] = vuln
    if kept and kept.filter(vuln) then
      kept[#kept + 1] = { script = self.script_name, host = self.host, port = self.port, vuln = vuln }
    end
  end
  return #{ ... } > 0
end
Report.add = Report.add_vulns

--- What an action returns: the structure and the text of all that was added, with those that are given; nil if nothing is there.
function Report:make_output(...)
  self:add_vulns(...)
  return output(self.entries)
end

--- The same for one weakness, without a report.
function M.format_vuln(vuln)
  check(vuln)
  local lines = {}
  text_of(vuln, lines)
  return table.concat(lines, "\n")
end
M.format_vuln_table = table_of

--- What was kept in the whole run (see save_reports), host by host.
function M.make_output()
  local by_host, order = {}, {}
  for _, entry in ipairs(kept or {}) do
    local ip = entry.host and entry.host.ip or "the network"
    if not by_host[ip] then
      by_host[ip] = {}
      order[#order + 1] = ip
    end
    table.insert(by_host[ip], entry.vuln)
  end
  local structured, texts = stdnse.output_table(), {}
  for _, ip in ipairs(order) do
    local one, text = output(by_host[ip])
    if one then
      structured[ip] = one
      texts[#texts + 1] = "  " .. ip .. text
    end
  end
  if #texts == 0 then
    return nil
  end
  return structured, "\n" .. table.concat(texts, "\n")
end

return M
