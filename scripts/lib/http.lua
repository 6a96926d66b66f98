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
-- timeout (ms), redirect_ok (false, a number, or a function(host, port) that gives a function(parsed url) -> boolean), scheme, max_body_size, no_cache, bypass_cache,
-- any_af. Script arguments: http.useragent, http.max-body-size, http.max-redirects.
local base64 = require "base64"
local comm = require "comm"
local http_page = require "http_page"
local http_reply = require "http_reply"
local nmap = require "nmap"
local shortport = require "shortport"
local stdnse = require "stdnse"
local stream = require "stream"
local url = require "url"

local M = {}

for name, value in pairs(http_page) do
  M[name] = value
end

local MAX_BODY, MAX_REDIRECTS = 2 * 1024 * 1024, 5
local MAX_CACHED = 256 * 1024 -- one body in a host's cache

M.USER_AGENT = stdnse.get_script_args "http.useragent" or "Mozilla/5.0 (compatible; descry)"

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
  set("User-Agent", M.USER_AGENT)
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
    return http_reply.failure(reply)
  end
  local response = http_reply.read(stream.of(socket, reply), method, limit(options))
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
  -- Each walk has a function of its own, which may count.
  local permits = type(options.redirect_ok) == "function" and options.redirect_ok(host, port) or nil
  local response
  while true do
    response = cached(host, port, method, path, options)
    local target = response.status and REDIRECTS[response.status] and response.header.location
    if not target or target == "" or options.redirect_ok == false or (method ~= "GET" and method ~= "HEAD") then
      break
    end
    local number = type(port) == "table" and port.number or port
    local name = stdnse.get_hostname(host)
    local base = { scheme = response.ssl and "https" or "http", host = name, authority = name, port = number, path = path:match("^[^?]*") }
    local absolute = url.parse(url.absolute(base, target))
    locations[#locations + 1] = url.build(absolute)
    local allowed
    if type(permits) == "function" then
      allowed = permits(absolute)
    else
      allowed = permits or same_host(host, absolute)
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
    return http_reply.failure("no host in the URL")
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
      responses[at] = http_reply.failure(reply)
      return responses
    end
    local input, sent = stream.of(socket, reply), true
    while sent do
      local response = http_reply.read(input, list[at].method, limit(list[at].options))
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

-- ------------------------------------------------------------------------------------------------------------ what a server can do

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

return M
