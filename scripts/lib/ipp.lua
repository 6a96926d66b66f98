-- ipp: operations of the Internet Printing Protocol (RFC 8010, 8011) that read. SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"
local http = require "http"

local M = {}

local GET_PRINTER_ATTRIBUTES, CUPS_GET_PRINTERS = 0x000B, 0x4002
local MAX_ATTRIBUTES = 2000

local function attribute(tag, name, value)
  return string.char(tag) .. (">s2s2"):pack(name, value)
end

--- A request of an operation with attributes {tag, name, value}.
function M.request(operation, attributes)
  local out = { (">BBI2I4B"):pack(1, 1, operation, 1, 1), attribute(0x47, "attributes-charset", "utf-8"), attribute(0x48, "attributes-natural-language", "en") }
  for _, row in ipairs(attributes) do
    out[#out + 1] = attribute(table.unpack(row))
  end
  return table.concat(out) .. "\3"
end

local INTEGER = { [0x21] = true, [0x23] = true }

--- A response: {status=, version=, groups = {{tag=, name = {values}}}}; nil if it is none.
function M.parse(body)
  local c = cursor.new(body)
  local response = { version = ("%d.%d"):format(c:u8(), c:u8()), status = c:u16(), groups = {} }
  c:u32()
  local group, last
  for _ = 1, MAX_ATTRIBUTES do
    if c:left() == 0 then
      break
    end
    local tag = c:u8()
    if tag == 3 then
      return not c.bad and response or nil
    elseif tag < 0x10 then
      group = { tag = tag }
      response.groups[#response.groups + 1] = group
    elseif not group then
      return nil
    else
      local name, value = c:counted16(), c:counted16()
      if INTEGER[tag] and #value == 4 then
        value = (">i4"):unpack(value)
      elseif tag == 0x22 then
        value = value == "\1"
      end
      -- No name: a further value of the attribute before.
      if name ~= "" then
        last = {}
        group[name] = last
      end
      if not last or c.bad then
        return nil
      end
      last[#last + 1] = value
    end
  end
  return not c.bad and response or nil
end

--- Posts a request to a path; the response and the HTTP response.
function M.ask(host, port, path, request)
  local answer = http.post(host, port, path, { header = { ["Content-Type"] = "application/ipp" } }, nil, request)
  return answer.status == 200 and M.parse(answer.body) or nil, answer
end

local PRINTER = { "printer-name", "printer-make-and-model", "printer-info", "printer-location", "printer-state", "printer-firmware-string-version", "printer-firmware-name",
  "cups-version", "printer-is-accepting-jobs", "queued-job-count", "ipp-versions-supported" }

local function requested(attributes)
  for i, name in ipairs(PRINTER) do
    attributes[#attributes + 1] = { 0x44, i == 1 and "requested-attributes" or "", name }
  end
  return attributes
end

--- The printers of a CUPS server (at most `most`), as a response.
function M.printers(host, port, most)
  return M.ask(host, port, "/", M.request(CUPS_GET_PRINTERS, requested { { 0x21, "limit", (">i4"):pack(most) } }))
end

--- What a printer says of itself.
function M.printer(host, port, path)
  local uri = ("ipp://%s:%d%s"):format(host.ip:find ":" and "[" .. host.ip .. "]" or host.ip, port.number, path)
  return M.ask(host, port, path, M.request(GET_PRINTER_ATTRIBUTES, requested { { 0x45, "printer-uri", uri } }))
end

return M
