local ipp = require "ipp"
local naming = require "naming"
local stdnse = require "stdnse"

description = [[
Shows what an IPP server says of its printers: names, models, places, state. A CUPS server is asked for its list, a printer for itself. Nothing is printed.
]]

---
-- @usage descry --script ipp-info -p 631 HOST
--
-- @args ipp-info.path  the printer's path, if the server has no list (default /ipp/print)
--
-- @output
-- 631/tcp open ipp CUPS 2.4.2
-- | ipp-info:
-- |   cups-version: 2.4.2
-- |   printers:
-- |_    office: HP LaserJet 400 (idle), second floor

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "discovery", "safe", "version" }

portrule = naming.rule { ports = { 631 }, services = { "ipp" }, also = { "http", "https" }, more = true }

local STATE = { [3] = "idle", [4] = "processing", [5] = "stopped" }
local MOST = 20

local function first(group, name)
  return group[name] and group[name][1]
end

local function line(group)
  local text = ("%s: %s"):format(first(group, "printer-name") or "?", first(group, "printer-make-and-model") or first(group, "printer-info") or "?")
  local state, location = STATE[first(group, "printer-state")], first(group, "printer-location")
  return text .. (state and " (" .. state .. ")" or "") .. (type(location) == "string" and location ~= "" and ", " .. location or "")
end

action = function(host, port)
  local response, answer = ipp.printers(host, port, MOST)
  local server = (answer.header or {}).server or ""
  local cups = server:match "CUPS/([%d.]+)"
  -- 0x0501: the operation is not known, as by every printer that is not CUPS.
  if not cups and (not response or response.status >= 0x0400) then
    response = ipp.printer(host, port, stdnse.get_script_args(SCRIPT_NAME .. ".path") or "/ipp/print")
  end
  if not response then
    return nil
  end
  local out, printers = stdnse.output_table(), {}
  for _, group in ipairs(response.groups) do
    if group.tag == 4 then
      out["cups-version"] = out["cups-version"] or first(group, "cups-version")
      printers[#printers + 1] = line(group)
      if not cups and #printers == 1 then
        naming.tell(host, port, { name = "ipp", product = first(group, "printer-make-and-model"), version = first(group, "printer-firmware-string-version"), devicetype = "printer" })
      end
    end
  end
  if cups then
    local version = out["cups-version"] or cups
    out["cups-version"] = version
    naming.tell(host, port, { name = "ipp", product = "CUPS", version = version, cpe = naming.cpe("a:apple:cups", version) })
  end
  out.ipp = response.version
  out.printers = #printers > 0 and printers or nil
  return out
end
