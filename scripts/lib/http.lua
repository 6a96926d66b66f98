-- http: requests and responses of HTTP/1.0 and 1.1 (RFC 9110, 9112). SPDX-License-Identifier: BSD-2-Clause
--
--   local response = http.get(host, port, "/")
--   response.status      200; nil if there was no response, then `status-line` says why
--   response.header      names in lower case; a name that came twice has its values joined by ", "
--   response.rawheader   the lines as they came
--   response.cookies     {name=, value=, path=, ...}
--   response.body        without chunks, unpacked if it was packed and zlib is there
--   response.location    where redirects led, in order;  response.truncated: the body was longer than max_body_size
--
-- Options: header {name = value}, content (text, or a table of form fields), cookies (text or list), auth {username=, password=},
-- timeout (ms), redirect_ok (false, a number, or a function(parsed url) -> boolean), scheme, max_body_size, no_cache, bypass_cache,
-- any_af. Script arguments: http.useragent, http.max-body-size, http.max-redirects.
local base64 = require "base64"
local comm = require "comm"
local nmap = require "nmap"
local shortport = require "shortport"
local stdnse = require "stdnse"
local stream = require "stream"
local url = require "url"

local M = {}

local MAX_LINE, MAX_HEADER, MAX_FIELDS = 16384, 65536, 200
local MAX_BODY, MAX_REDIRECTS = 2 * 1024 * 1024, 5
local MAX_CACHED = 256 * 1024 -- one body in a host's cache
local have_zlib, zlib = pcall(require, "zlib")

local USER_AGENT = stdnse.get_script_args "http.useragent" or "Mozilla/5.0 (compatible; descry)"

-- -------------------------------------------------------------------------------------------------------------------------- reading

-- RFC 9112, section 7.1: chunks until one of length 0. Returns the body and whether it is whole.
local function read_chunks(input, most)
  local pieces, have = {}, 0
  while true do
    local line = input:line(MAX_LINE)
    local digits = line and line:match("^%s*(%x+)")
    local size = digits and #digits <= 8 and tonumber(digits, 16)
    if not size then
      return table.concat(pieces), false
    end
    if size == 0 then
      -- Trailer fields are read over.
      for _ = 1, MAX_FIELDS do
        local trailer = input:line(MAX_LINE)
        if not trailer or trailer == "" then
          break
        end
      end
      return table.concat(pieces), true
    end
    local wanted = math.min(size, most - have)
    local piece = input:atmost(wanted)
    pieces[#pieces + 1] = piece
    have = have + #piece
    if #piece < size then
      return table.concat(pieces), false
    end
    input:line(MAX_LINE)
  end
end

local function read_header(input)
  local header, raw, total = {}, {}, 0
  while true do
    local line, why = input:line(MAX_LINE)
    if not line then
      return nil, why
    end
    if line == "" then
      return header, raw
    end
    total = total + #line
    if total > MAX_HEADER or #raw >= MAX_FIELDS then
      return nil, "too many header fields"
    end
    raw[#raw + 1] = line
    local name, value = line:match("^([^%s:]+)%s*:%s*(.-)%s*$")
    if name then
      name = name:lower()
      header[name] = header[name] and header[name] .. ", " .. value or value
    end
  end
end

-- RFC 6265, section 5.2.
local function parse_cookies(raw)
  local cookies = {}
  for _, line in ipairs(raw) do
    local text = line:match("^[Ss][Ee][Tt]%-[Cc][Oo][Oo][Kk][Ii][Ee]%s*:%s*(.*)$")
    if text then
      local name, value = text:match("^%s*([^=;]*)=([^;]*)")
      if name and name ~= "" then
        local cookie = { name = name, value = value }
        for piece in (text:match(";(.*)$") or ""):gmatch("[^;]+") do
          local key, said = piece:match("^%s*([^=]-)%s*=%s*(.-)%s*$")
          key, said = key or piece:match("^%s*(.-)%s*$"), said or true
          if key ~= "" and key:lower() ~= "name" and key:lower() ~= "value" then
            cookie[key:lower()] = said
          end
        end
        cookies[#cookies + 1] = cookie
      end
    end
  end
  return cookies
end

local function failure(why, partial)
  return { ["status-line"] = "Error: " .. tostring(why), header = {}, rawheader = {}, cookies = {}, body = "", incomplete = partial }
end

local WITHOUT_BODY = { [204] = true, [304] = true }

local function unpack_body(response, most)
  local coding = (response.header["content-encoding"] or ""):lower()
  if not have_zlib or (coding ~= "gzip" and coding ~= "deflate" and coding ~= "x-gzip") then
    return
  end
  local ok, packed = pcall(zlib.inflate, response.body)
  local unpacked
  if ok then
    ok, unpacked = pcall(function()
      return packed:read(most)
    end)
  end
  if ok and unpacked then
    response.rawbody, response.body, response.decoded = response.body, unpacked, { coding }
  else
    response.undecoded = { coding }
  end
end

-- One response. `method` decides whether there is a body.
local function read_response(input, method, most)
  local line, why
  local header, raw, status, version
  -- 1xx responses only announce the real one.
  for _ = 1, 5 do
    line, why = input:line(MAX_LINE)
    if not line then
      return failure(why)
    end
    version, status = line:match("^HTTP/(%d%.?%d?)%s+(%d%d%d)")
    if not version then
      return failure("not an HTTP response")
    end
    status = tonumber(status)
    header, raw = read_header(input)
    if not header then
      return failure(raw)
    end
    if status >= 200 or status == 101 then
      break
    end
  end
  local response = { status = status, version = version, ["status-line"] = line, header = header, rawheader = raw, cookies = parse_cookies(raw), body = "" }
  if method == "HEAD" or WITHOUT_BODY[status] or status == 101 then
    return response
  end
  local length = tonumber((header["content-length"] or ""):match("^%d+"))
  if (header["transfer-encoding"] or ""):lower():find("chunked", 1, true) then
    local whole
    response.body, whole = read_chunks(input, most)
    response.truncated = not whole or nil
    response.unframed = not whole
  elseif length then
    response.body = input:atmost(math.min(length, most))
    response.truncated = #response.body < length or nil
  else
    response.body = input:atmost(most + 1)
    response.truncated = #response.body > most or nil
    response.body = response.body:sub(1, most)
    response.unframed = true
  end
  unpack_body(response, most)
  return response
end

-- -------------------------------------------------------------------------------------------------------------------------- writing

local function host_header(host, port, scheme)
  local name = stdnse.get_hostname(host)
  if name:find(":", 1, true) then
    name = "[" .. name .. "]"
  end
  local number = type(port) == "table" and port.number or port
  if number ~= url.get_default_port(scheme) then
    name = name .. ":" .. number
  end
  return name
end

local function cookie_header(cookies)
  if type(cookies) == "string" then
    return cookies
  end
  local pieces = {}
  for _, cookie in ipairs(cookies) do
    pieces[#pieces + 1] = cookie.name .. "=" .. cookie.value
  end
  return table.concat(pieces, "; ")
end

-- A field name or value that would end its line is refused: nothing that a peer sent may add lines to a request.
local function one_line(text)
  return (tostring(text):gsub("[\r\n%z]", " "))
end

local function build_request(host, port, method, path, options, scheme)
  local fields, order = {}, {}
  local function set(name, value)
    local key = name:lower()
    if not fields[key] then
      order[#order + 1] = key
    end
    fields[key] = { name, value }
  end
  set("Host", host_header(host, port, scheme))
  set("Connection", "close")
  set("User-Agent", USER_AGENT)
  if options.cookies then
    set("Cookie", cookie_header(options.cookies))
  end
  if options.auth and options.auth.username then
    set("Authorization", "Basic " .. base64.enc(options.auth.username .. ":" .. (options.auth.password or "")))
  end
  local content = options.content
  if type(content) == "table" then
    content = url.build_query(content)
    set("Content-Type", "application/x-www-form-urlencoded")
  end
  if content then
    set("Content-Length", #content)
  end
  for name, value in pairs(options.header or {}) do
    set(name, value)
  end
  local lines = { ("%s %s HTTP/1.1"):format(method, one_line(path):gsub(" ", "%%20")) }
  for _, key in ipairs(order) do
    local name, value = fields[key][1], fields[key][2]
    -- An option {Connection = false} leaves a field out.
    if value then
      lines[#lines + 1] = one_line(name) .. ": " .. one_line(value)
    end
  end
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. (content or "")
end

local function limit(options)
  local told = tonumber((stdnse.get_script_args "http.max-body-size"))
  return options.max_body_size or told or MAX_BODY
end

-- The protocols to try, and what URL scheme each means.
local function connect_options(host, port, options)
  local opts = { any_af = options.any_af, timeout = options.timeout, recv_before = false }
  if options.scheme then
    opts.proto = options.scheme == "https" and "ssl" or "tcp"
  elseif type(port) ~= "table" then
    opts.proto = port == 443 and "ssl" or "tcp"
  end
  return opts
end

local function ask(host, port, method, path, options)
  local opts = connect_options(host, port, options)
  local number = type(port) == "table" and port or { number = port, protocol = "tcp", state = "open", version = {} }
  local scheme = opts.proto == "ssl" and "https" or opts.proto == "tcp" and "http" or shortport.ssl(host, number) and "https" or "http"
  local request = build_request(host, port, method, path, options, scheme)
  local socket, reply, protocol = comm.tryssl(host, port, request, opts)
  if not socket then
    return failure(reply)
  end
  local response = read_response(stream.of(socket, reply), method, limit(options))
  socket:close()
  response.ssl = protocol == "ssl"
  return response
end

-- ---------------------------------------------------------------------------------------------------------------------------- cache

-- The responses to GET and HEAD without own fields are kept with the host, so that ten scripts ask for the root page once.
local function cache_of(host, method, options)
  if type(host) ~= "table" or not host.registry or options.bypass_cache or options.no_cache or options.content or options.header or options.auth or
    options.cookies or (method ~= "GET" and method ~= "HEAD") then
    return nil
  end
  host.registry.http_cache = host.registry.http_cache or {}
  return host.registry.http_cache
end

local function cached(host, port, method, path, options)
  local cache = cache_of(host, method, options)
  if not cache then
    return ask(host, port, method, path, options)
  end
  local number = type(port) == "table" and port.number or port
  local key = table.concat({ method, number, options.scheme or "", limit(options), path }, "\0")
  cache[key] = cache[key] or {}
  local entry = cache[key]
  -- Who asks for the same page at the same time waits for the first.
  local lock = nmap.mutex(entry)
  lock "lock"
  local response = entry.response
  if not response then
    response = ask(host, port, method, path, options)
    if response.status and #response.body <= MAX_CACHED then
      entry.response = response
    end
  end
  lock "done"
  -- Each caller has tables of its own.
  return require("tableaux").tcopy(response)
end

-- ------------------------------------------------------------------------------------------------------------------------- requests

local REDIRECTS = { [301] = true, [302] = true, [303] = true, [307] = true, [308] = true }

-- Where a redirect may lead by default: to the same host (by any of its names), with http or https.
local function same_host(host, target)
  if target.scheme ~= "http" and target.scheme ~= "https" then
    return false
  end
  local name = target.ascii_host
  if type(host) ~= "table" then
    return name == tostring(host):lower()
  end
  return name == host.ip or name == (host.targetname or ""):lower() or (name ~= nil and name == (host.name or ""):lower())
end

local function follow(host, port, method, path, options)
  local locations = {}
  local told = tonumber((stdnse.get_script_args "http.max-redirects"))
  local most = type(options.redirect_ok) == "number" and options.redirect_ok or told or MAX_REDIRECTS
  local response
  while true do
    response = cached(host, port, method, path, options)
    local target = response.status and REDIRECTS[response.status] and response.header.location
    if not target or target == "" or options.redirect_ok == false or (method ~= "GET" and method ~= "HEAD") then
      break
    end
    local number = type(port) == "table" and port.number or port
    local base = { scheme = response.ssl and "https" or "http", host = stdnse.get_hostname(host), authority = stdnse.get_hostname(host), port = number, path = path:match("^[^?]*") }
    local absolute = url.parse(url.absolute(base, target))
    locations[#locations + 1] = url.build(absolute)
    local allowed
    if type(options.redirect_ok) == "function" then
      allowed = options.redirect_ok(absolute, absolute)
    else
      allowed = same_host(host, absolute)
    end
    if not allowed or #locations > most then
      break
    end
    path = (absolute.path and absolute.path ~= "" and absolute.path or "/") .. (absolute.query and "?" .. absolute.query or "")
    if absolute.port and absolute.port ~= number then
      port = absolute.port
    end
    options = setmetatable({ scheme = absolute.scheme }, { __index = options })
  end
  if #locations > 0 then
    response.location = locations
  end
  return response
end

--- Any method; redirects are not followed.
function M.generic_request(host, port, method, path, options)
  return ask(host, port, method, path, options or {})
end

--- GET, following redirects on the same host.
function M.get(host, port, path, options)
  return follow(host, port, "GET", path, options or {})
end

--- HEAD, following redirects on the same host.
function M.head(host, port, path, options)
  return follow(host, port, "HEAD", path, options or {})
end

--- PUT; the script says itself what is written. Nothing of descry's own scripts does.
function M.put(host, port, path, options, content)
  options = setmetatable({ content = content }, { __index = options or {} })
  return ask(host, port, "PUT", path, options)
end

--- POST of a text or of form fields.
function M.post(host, port, path, options, _, content)
  options = setmetatable({ content = content or "" }, { __index = options or {} })
  return ask(host, port, "POST", path, options)
end

--- GET of a whole URL.
function M.get_url(text, options)
  local parsed = url.parse(text)
  if not parsed.host then
    return failure("no host in the URL")
  end
  local path = (parsed.path and parsed.path ~= "" and parsed.path or "/") .. (parsed.query and "?" .. parsed.query or "")
  options = setmetatable({ scheme = parsed.scheme }, { __index = options or {} })
  return M.get(parsed.ascii_host, parsed.port or 80, path, options)
end

-- ------------------------------------------------------------------------------------------------------------------------- pipeline

--- Adds a request to a list (nil: a new one) for pipeline_go; returns the list.
function M.pipeline_add(path, options, list, method)
  list = list or {}
  list[#list + 1] = { path = path, options = options or {}, method = method or "GET" }
  return list
end

--- Sends the requests of a list one after another over as few connections as the server allows; returns the list of responses.
function M.pipeline_go(host, port, list)
  local responses, at = {}, 1
  while list and at <= #list do
    local first = list[at]
    local keep = setmetatable({ header = setmetatable({ Connection = "keep-alive" }, { __index = first.options.header }) }, { __index = first.options })
    for name, value in pairs(first.options.header or {}) do
      keep.header[name] = value
    end
    local request = build_request(host, port, first.method, first.path, keep, "http")
    local socket, reply = comm.tryssl(host, port, request, connect_options(host, port, first.options))
    if not socket then
      responses[at] = failure(reply)
      return responses
    end
    local input, sent = stream.of(socket, reply), true
    while sent do
      local response = read_response(input, list[at].method, limit(list[at].options))
      responses[at] = response
      at = at + 1
      local ends = not response.status or response.unframed or response.truncated or (response.header.connection or ""):lower():find("close", 1, true) or
        response.version == "1.0"
      if ends or at > #list then
        break
      end
      local header = { Connection = "keep-alive" }
      for name, value in pairs(list[at].options.header or {}) do
        header[name] = value
      end
      local options = setmetatable({ header = header }, { __index = list[at].options })
      sent = socket:send(build_request(host, port, list[at].method, list[at].path, options, "http"))
    end
    socket:close()
    -- A server that answers nothing more would be asked for ever.
    if not responses[at - 1].status then
      return responses
    end
  end
  return responses
end

-- ---------------------------------------------------------------------------------------------------------------- about responses

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

--- How a server says that a page is not there: true, the status, and a page for comparison if the status is 200; or false and why.
function M.identify_404(host, port)
  local path = "/" .. require("rand").random_alpha(14) .. ".html"
  local response = M.get(host, port, path, { redirect_ok = false, no_cache = true })
  if not response.status then
    return false, response["status-line"]
  end
  if response.status == 200 then
    return true, 200, M.clean_404(response.body), response.body
  end
  return true, response.status
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

--- May HEAD be used? The response to HEAD / tells.
function M.can_use_head(host, port, status404, path)
  local response = M.head(host, port, path or "/", { redirect_ok = false })
  if response.status == 200 and status404 ~= 200 then
    return true, response
  end
  return false, response
end

--- Does GET / succeed?
function M.can_use_get(host, port, path)
  local response = M.get(host, port, path or "/", { redirect_ok = false })
  return response.status == 200
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
      parsed.fields[#parsed.fields + 1] = { name = attribute(tag, "name"), type = kind == "input" and (attribute(tag, "type") or "text"):lower() or kind, value = attribute(tag, "value") }
    end
  end
  return parsed
end

return M
