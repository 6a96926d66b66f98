-- http_page: what can be told of a response and its page. All of it is reached through http, too. SPDX-License-Identifier: BSD-2-Clause
local M = {}

local REASON = {
  [200] = "OK", [201] = "Created", [204] = "No Content", [206] = "Partial Content", [301] = "Moved Permanently", [302] = "Found", [303] = "See Other",
  [304] = "Not Modified", [307] = "Temporary Redirect", [308] = "Permanent Redirect", [400] = "Bad Request", [401] = "Unauthorized", [403] = "Forbidden",
  [404] = "Not Found", [405] = "Method Not Allowed", [406] = "Not Acceptable", [407] = "Proxy Authentication Required", [408] = "Request Timeout",
  [410] = "Gone", [411] = "Length Required", [413] = "Content Too Large", [414] = "URI Too Long", [415] = "Unsupported Media Type",
  [426] = "Upgrade Required", [429] = "Too Many Requests", [500] = "Internal Server Error", [501] = "Not Implemented", [502] = "Bad Gateway",
  [503] = "Service Unavailable", [504] = "Gateway Timeout", [505] = "HTTP Version Not Supported",
}

--- The usual words for a status.
function M.get_status_string(response)
  local status = response and response.status
  if not status then
    return "Unknown Status"
  end
  return ("%d %s"):format(status, REASON[status] or (response["status-line"] or ""):match("^HTTP/%S+%s+%d+%s+(.-)%s*$") or "Unknown")
end

--- Is a text (a Lua pattern) in the response's status line, header or body? true and the captures.
function M.response_contains(response, pattern, case_sensitive)
  if not case_sensitive then
    pattern = pattern:lower()
  end
  local texts = { response["status-line"] or "", table.concat(response.rawheader or {}, "\n"), response.body or "" }
  for _, text in ipairs(texts) do
    local found = { (case_sensitive and text or text:lower()):match(pattern) }
    if #found > 0 then
      return true, found
    end
  end
  return false
end

--- A page without what changes from one to the next: numbers and times.
function M.clean_404(body)
  return (body:gsub("%d+", ""):gsub("%s+", " "))
end

--- Is a page there, by what identify_404 told?
function M.page_exists(response, status404, known404, _, displayall)
  if not response or not response.status then
    return false
  end
  if response.status == 404 or response.status == status404 and status404 ~= 200 then
    return false
  end
  if response.status == 200 then
    return not (status404 == 200 and known404 and M.clean_404(response.body) == known404)
  end
  return displayall and true or response.status == 401 or response.status == 403
end

local MONTH = { jan = 1, feb = 2, mar = 3, apr = 4, may = 5, jun = 6, jul = 7, aug = 8, sep = 9, oct = 10, nov = 11, dec = 12 }

--- A date in any of the three forms of RFC 9110, section 5.6.7, as a table {year, month, day, hour, min, sec}; nil if it is none.
function M.parse_date(text)
  local day, month, year, hour, min, sec = text:match("^%a+,? (%d+)[ -](%a+)[ -](%d+) (%d+):(%d+):(%d+)")
  if not day then
    month, day, hour, min, sec, year = text:match("^%a+ (%a+) +(%d+) (%d+):(%d+):(%d+) (%d+)")
  end
  local number = month and MONTH[month:lower()]
  if not number then
    return nil
  end
  year = tonumber(year)
  if year < 100 then
    year = year + (year < 70 and 2000 or 1900)
  end
  return { year = year, month = number, day = tonumber(day), hour = tonumber(hour), min = tonumber(min), sec = tonumber(sec), isdst = false }
end

--- A WWW-Authenticate field as a list of {scheme=, params={realm=...}}; nil if it cannot be read (RFC 9110, section 11.6.1).
function M.parse_www_authenticate(text)
  local list, at = {}, 1
  while at <= #text do
    at = text:find("[^%s,]", at)
    if not at then
      break
    end
    local scheme, stop = text:match("^([%w!#$%%&'*+.^_`|~-]+)()", at)
    if not scheme then
      return nil
    end
    local challenge = { scheme = scheme:lower(), params = {} }
    list[#list + 1] = challenge
    at = stop
    local token, after = text:match("^%s+([%w%-._~+/]+=*)%s*()", at)
    if token and (after > #text or text:sub(after, after) == ",") then
      challenge.params.token = token
      at = after
    else
      while true do
        local name, value, following = text:match('^[%s,]*([%w-]+)%s*=%s*"([^"]*)"()', at)
        if not name then
          name, value, following = text:match("^[%s,]*([%w-]+)%s*=%s*([^%s,\"]+)()", at)
        end
        if not name then
          break
        end
        challenge.params[name:lower()] = value
        at = following
      end
    end
  end
  return #list > 0 and list or nil
end

--- The forms of a page, as texts.
function M.grab_forms(body)
  local forms = {}
  local lower = body:lower()
  local at = 1
  while #forms < 50 do
    local first = lower:find("<form[%s>]", at)
    if not first then
      break
    end
    local _, last = lower:find("</form>", first, true)
    last = last or #body
    forms[#forms + 1] = body:sub(first, last)
    at = last + 1
  end
  return forms
end

--- A form as {action=, method=, fields = {{name=, type=, value=}}}.
function M.parse_form(form)
  local function attribute(tag, name)
    local pattern = "[%s\"']" .. require("stringaux").ipattern(name) .. "%s*=%s*"
    return tag:match(pattern .. '"([^"]*)"') or tag:match(pattern .. "'([^']*)'") or tag:match(pattern .. "([^%s\"'>]+)")
  end
  local open = form:match("^<[Ff][Oo][Rr][Mm][^>]*>")
  if not open then
    return nil
  end
  local parsed = { action = attribute(open, "action"), method = (attribute(open, "method") or "get"):lower(), fields = {} }
  for kind, tag in form:gmatch("<(%a+)(%s[^>]*)>") do
    kind = kind:lower()
    if kind == "input" or kind == "textarea" or kind == "select" then
      local what = kind == "input" and (attribute(tag, "type") or "text"):lower() or kind
      parsed.fields[#parsed.fields + 1] = { name = attribute(tag, "name"), type = what, value = attribute(tag, "value") }
    end
  end
  return parsed
end

return M
