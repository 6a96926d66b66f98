-- url: URLs in parts and together again (RFC 3986). SPDX-License-Identifier: BSD-2-Clause
local M = {}

--- %XX for everything but letters, digits and "-._~".
function M.escape(text)
  return (text:gsub("[^%w%-%._~]", function(c)
    return ("%%%02x"):format(c:byte())
  end))
end

--- The reverse of escape.
function M.unescape(text)
  return (text:gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

local DEFAULT_PORT = { http = 80, https = 443, ftp = 21, ftps = 990, ldap = 389, ldaps = 636, rtsp = 554, ws = 80, wss = 443, ipp = 631 }

--- The port of a scheme, or of a parsed URL without a port; nil if unknown.
function M.get_default_port(scheme)
  return DEFAULT_PORT[(scheme or ""):lower()]
end

--- The scheme that a port number (or port table) usually means: "http", "https", or nil.
function M.get_default_scheme(port)
  local number = type(port) == "table" and port.number or port
  for _, scheme in ipairs { "http", "https" } do
    if DEFAULT_PORT[scheme] == number then
      return scheme
    end
  end
end

--- The host of a parsed URL without brackets, in ASCII (punycode), lower case.
function M.ascii_hostname(parsed)
  local host = type(parsed) == "table" and parsed.host or parsed
  if not host then
    return nil
  end
  host = host:match("^%[(.*)%]$") or host
  if host:find("[\128-\255]") then
    host = require("idna").toASCII(host) or host
  end
  return host:lower()
end

--- The parts of a URL: scheme, authority, path, params, query, fragment, userinfo, user, password, host, port (a number); `extension`
-- and `is_folder` of the path. Missing parts are nil, or as in `default`.
function M.parse(text, default)
  local parsed = {}
  for k, v in pairs(default or {}) do
    parsed[k] = v
  end
  local rest = text
  if not rest or rest == "" then
    return parsed
  end
  rest = rest:gsub("#(.*)$", function(fragment)
    parsed.fragment = fragment
    return ""
  end)
  rest = rest:gsub("^(%a[%w+.-]*):", function(scheme)
    parsed.scheme = scheme:lower()
    return ""
  end)
  rest = rest:gsub("^//([^/?]*)", function(authority)
    parsed.authority = authority
    return ""
  end)
  rest = rest:gsub("%?(.*)$", function(query)
    parsed.query = query
    return ""
  end)
  rest = rest:gsub(";(.*)$", function(params)
    parsed.params = params
    return ""
  end)
  parsed.path = rest
  if rest == "" and not parsed.authority then
    parsed.path = nil
  end
  local file = rest:match("[^/]*$")
  parsed.extension = file:match("%.([^.]+)$")
  parsed.is_folder = rest:sub(-1) == "/" or rest == ""
  local authority = parsed.authority
  if not authority then
    return parsed
  end
  authority = authority:gsub("^([^@]*)@", function(userinfo)
    parsed.userinfo = userinfo
    return ""
  end)
  local host, port = authority:match("^(%[.-%]):?(%d*)$")
  if not host then
    host, port = authority:match("^(.-):(%d*)$")
  end
  host = host or authority
  parsed.port = tonumber(port) or M.get_default_port(parsed.scheme)
  if host ~= "" then
    parsed.host = host
    parsed.ascii_host = M.ascii_hostname(host)
  end
  if parsed.userinfo then
    local user, password = parsed.userinfo:match("^([^:]*):(.*)$")
    parsed.user, parsed.password = user or parsed.userinfo, password
  end
  return parsed
end

--- The URL of parts as parse returns them. A port that the scheme means anyway is left out.
function M.build(parsed)
  local text = parsed.path or ""
  if parsed.params then
    text = text .. ";" .. parsed.params
  end
  if parsed.query then
    text = text .. "?" .. parsed.query
  end
  local authority = parsed.authority
  if parsed.host then
    authority = parsed.host:find(":", 1, true) and not parsed.host:find("^%[") and "[" .. parsed.host .. "]" or parsed.host
    if parsed.port and tonumber(parsed.port) ~= M.get_default_port(parsed.scheme) then
      authority = authority .. ":" .. parsed.port
    end
    local userinfo = parsed.userinfo
    if parsed.user then
      userinfo = parsed.user .. (parsed.password and ":" .. parsed.password or "")
    end
    if userinfo then
      authority = userinfo .. "@" .. authority
    end
  end
  if authority then
    text = "//" .. authority .. text
  end
  if parsed.scheme then
    text = parsed.scheme .. ":" .. text
  end
  if parsed.fragment then
    text = text .. "#" .. parsed.fragment
  end
  return text
end

-- RFC 3986, section 5.2.4.
local function remove_dots(path)
  local kept, absolute = {}, path:sub(1, 1) == "/"
  local last
  for segment in (path .. "/"):gmatch("([^/]*)/") do
    last = segment
    if segment == ".." then
      if #kept > (absolute and 1 or 0) then
        kept[#kept] = nil
      end
    elseif segment ~= "." then
      kept[#kept + 1] = segment
    end
  end
  if last == "." or last == ".." then
    kept[#kept + 1] = ""
  end
  return table.concat(kept, "/")
end

--- What a relative URL means on a page (texts; the base may also be parsed).
function M.absolute(base, relative)
  base = type(base) == "table" and base or M.parse(base)
  local other = M.parse(relative)
  if other.scheme then
    return relative
  end
  other.scheme = base.scheme
  if not other.authority then
    for _, part in ipairs { "authority", "host", "port", "userinfo", "user", "password" } do
      other[part] = base[part]
    end
    local path = other.path
    if not path or path == "" then
      other.path, other.params, other.query = base.path, base.params, other.query or base.query
    elseif path:sub(1, 1) ~= "/" then
      local folder = (base.path or ""):match("^(.*/)[^/]*$") or (base.authority and "/" or "")
      other.path = remove_dots(folder .. path)
    else
      other.path = remove_dots(path)
    end
  end
  return M.build(other)
end

--- "/a/b%20c/" as {"a", "b c", is_absolute = 1, is_directory = 1}.
function M.parse_path(path)
  local list = {}
  for segment in (path or ""):gmatch("[^/]+") do
    list[#list + 1] = M.unescape(segment)
  end
  list.is_absolute = path and path:sub(1, 1) == "/" and 1 or nil
  list.is_directory = path and path:sub(-1) == "/" and 1 or nil
  return list
end

--- The reverse of parse_path; unsafe: segments are taken as they are.
function M.build_path(list, unsafe)
  local segments = {}
  for i, segment in ipairs(list) do
    segments[i] = unsafe and segment or M.escape(segment)
  end
  local path = table.concat(segments, "/")
  if #list > 0 and list.is_directory then
    path = path .. "/"
  end
  return (list.is_absolute and "/" or "") .. path
end

--- "a=1&b=x+y" as {a = "1", b = "x y"}; a word without "=" has the value "".
function M.parse_query(query)
  local fields = {}
  for piece in (query or ""):gsub("&amp;", "&"):gsub("^%?", ""):gmatch("[^&;]+") do
    local name, value = piece:match("^([^=]*)=(.*)$")
    name, value = name or piece, value or ""
    fields[M.unescape((name:gsub("+", " ")))] = M.unescape((value:gsub("+", " ")))
  end
  return fields
end

--- The reverse of parse_query, names sorted.
function M.build_query(fields)
  local pieces = {}
  for name, value in pairs(fields) do
    pieces[#pieces + 1] = M.escape(tostring(name)) .. "=" .. M.escape(tostring(value))
  end
  table.sort(pieces)
  return table.concat(pieces, "&")
end

return M
