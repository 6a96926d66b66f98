-- httpspider: a walk through the pages of a web server, each fetched once, near ones first. SPDX-License-Identifier: BSD-2-Clause
--
--   local crawler = httpspider.Crawler:new(host, port, "/", { scriptname = SCRIPT_NAME })
--   while true do
--     local ok, r = crawler:crawl()              -- r.url, r.response
--     if not ok then break end                   -- the end; r.err: something went wrong (r.reason)
--   end
--
-- Options, or script arguments of the names httpspider.X or SCRIPT.X: url ("/"), maxdepth (3; -1: no limit), maxpagecount (20; -1: 2000), withinhost
-- (true), withindomain (false), noblacklist (also pictures, archives and the like), useheadfornonwebfiles, doscraping (a function: are the links of
-- this URL's page followed?). withinhost and doscraping may be functions of a Url.
local html = require "html"
local http = require "http"
local stdnse = require "stdnse"
local url = require "url"

local M = {}

local MOST_PAGES, MOST_QUEUED, MOST_LINKS = 2000, 10000, 1000

-- What is no page: asked for only if noblacklist is told.
local BLACKLIST = {}
for extension in ("png jpg jpeg gif bmp ico svg webp mp3 mp4 avi mov mpg mpeg wav ogg flv wmv woff woff2 ttf eot zip gz tgz tar bz2 xz 7z rar iso img exe dll " ..
  "msi deb rpm dmg jar war bin swf pdf doc docx xls xlsx ppt pptx odt ods"):gmatch "%S+" do
  BLACKLIST[extension] = true
end
-- What is one even with an extension.
local PAGES = {}
for extension in ("html htm xhtml shtml php php3 php5 phtml asp aspx jsp jsf do action cgi pl py rb cfm txt xml"):gmatch "%S+" do
  PAGES[extension] = true
end

-- ------------------------------------------------------------------------------------------------------------------------------- Url

local Url = {}
Url.__index = Url
M.Url = Url

--- A URL in parts; nil if it has no host or is none of http.
function Url:new(text)
  local parsed = url.parse(text)
  if not parsed.host or parsed.scheme ~= "http" and parsed.scheme ~= "https" then
    return nil
  end
  local path = parsed.path and parsed.path ~= "" and parsed.path or "/"
  local o = { raw = text, proto = parsed.scheme, host = parsed.host:lower(), port = parsed.port or url.get_default_port(parsed.scheme), path = path,
    file = path .. (parsed.query and "?" .. parsed.query or ""), dir = path:match "^(.*/)" or "/" }
  return setmetatable(o, self)
end

function Url:isHttp()
  return self.proto == "http" or self.proto == "https"
end

--- The path with the query; the path up to its last "/".
function Url:getFile()
  return self.file
end

function Url:getDir()
  return self.dir
end

function Url:getPath()
  return self.path
end

function Url:getHost()
  return self.host
end

function Url:getPort()
  return self.port
end

function Url:getProto()
  return self.proto
end

--- The host without its first label, if two remain.
function Url:getDomain()
  return self.host:match "^[^.]+%.([^.]+%..+)$" or self.host
end

--- How many directories deep it is.
function Url:getDepth()
  return select(2, self.path:gsub("/", "")) - 1
end

function Url:getExtension()
  local extension = self.path:match "%.(%w+)$"
  return extension and extension:lower()
end

function Url.__tostring(self)
  return self.raw
end

-- ------------------------------------------------------------------------------------------------------------------- LinkExtractor

local LinkExtractor = {}
LinkExtractor.__index = LinkExtractor
M.LinkExtractor = LinkExtractor

local ATTRIBUTE = { a = "href", area = "href", link = "href", frame = "src", iframe = "src", script = "src", img = "src", form = "action" }

local function links_of(base, body)
  local found, have = {}, {}
  for tag in body:gmatch "<(%a[^>]*)>" do
    local name = tag:match "^%a+":lower()
    if name == "base" then
      local href = html.attribute(tag, "href")
      base = href and url.absolute(base, href) or base
    end
    local target = ATTRIBUTE[name] and html.attribute(tag, ATTRIBUTE[name])
    local absolute = target and url.absolute(base, (html.unescape(target):gsub("#.*$", ""):match "^%s*(.-)%s*$"))
    if absolute and not have[absolute] and #found < MOST_LINKS then
      have[absolute] = true
      found[#found + 1] = absolute
    end
  end
  return found
end

--- The links of a page, as absolute texts.
function LinkExtractor:new(base, body, options)
  return setmetatable({ links = links_of(tostring(base), body or ""), options = options }, self)
end

function LinkExtractor:getLinks()
  return self.links
end

-- ------------------------------------------------------------------------------------------------------------------------- Crawler

local Crawler = {}
Crawler.__index = Crawler
M.Crawler = Crawler

-- The options of a crawler before its script's arguments before the general ones before the default.
local function option(self, name, default)
  local value = self.options[name]
  local own = self.options.scriptname and self.options.scriptname .. "." .. name or nil
  if value == nil and own then
    value = stdnse.get_script_args(own)
  end
  if value == nil then
    value = stdnse.get_script_args("httpspider." .. name)
  end
  if value == "true" or value == "1" and type(default) == "boolean" then
    return true
  elseif value == "false" or value == "0" and type(default) == "boolean" then
    return false
  elseif value == nil then
    return default
  end
  return type(default) == "number" and tonumber(value) or value
end

local function enqueue(self, text, depth)
  local target = Url:new(text)
  if target and not self.seen[target.proto .. target.host .. target.port .. target.file] and #self.queue < MOST_QUEUED then
    self.seen[target.proto .. target.host .. target.port .. target.file] = true
    self.queue[#self.queue + 1] = { url = target, depth = depth }
  end
end

--- A walk that begins at a URL or path (nil: the argument url, or "/").
function Crawler:new(host, port, start, options)
  local o = setmetatable({ host = host, port = port, options = {}, queue = {}, at = 0, seen = {}, count = 0, timeout = 10000 }, self)
  for name, value in pairs(options or {}) do
    o.options[name] = value
  end
  local set = o.options
  start = start or option(o, "url", "/")
  set.maxdepth, set.maxpagecount = option(o, "maxdepth", 3), option(o, "maxpagecount", 20)
  set.noblacklist, set.useheadfornonwebfiles = option(o, "noblacklist", false), option(o, "useheadfornonwebfiles", false)
  set.withindomain, set.withinhost = option(o, "withindomain", false), option(o, "withinhost", true)
  if type(set.withinhost) ~= "function" and (not set.withinhost or set.withindomain) then
    set.withinhost = set.withindomain and function(target)
      return target:getDomain() == o.base:getDomain()
    end or function()
      return true
    end
  end
  local number = type(port) == "table" and port.number or port
  local tunnel = type(port) == "table" and (port.version or {}).service_tunnel == "ssl"
  local scheme = tunnel and "https" or url.get_default_scheme(port) or "http"
  local name = stdnse.get_hostname(host)
  local root = ("%s://%s:%d/"):format(scheme, name:find ":" and "[" .. name .. "]" or name, number)
  o.base = Url:new(url.absolute(root, start)) or Url:new(root)
  enqueue(o, o.base.raw, 0)
  return o
end

--- Milliseconds that a page may take.
function Crawler:set_timeout(milliseconds)
  self.timeout = milliseconds
end

--- Does the URL lead to where the walk began?
function Crawler:iswithinhost(target)
  target = getmetatable(target) == Url and target or Url:new(tostring(target))
  return target ~= nil and target.host == self.base.host and target.port == self.base.port
end

--- Does its path end with this extension?
function Crawler:isresource(target, extension)
  target = getmetatable(target) == Url and target or Url:new(tostring(target))
  return target ~= nil and target:getExtension() == extension:lower()
end

--- What limits the walk, as a text for people.
function Crawler:getLimitations()
  local o = self.options
  return ("Walked at most %s pages, %s deep."):format(o.maxpagecount == -1 and MOST_PAGES or o.maxpagecount, o.maxdepth == -1 and "any" or o.maxdepth)
end

function Crawler:stop()
  self.stopped = true
end

local function is_wanted(self, entry)
  local o, target = self.options, entry.url
  local within = type(o.withinhost) == "function" and o.withinhost(target) or type(o.withinhost) ~= "function" and self:iswithinhost(target)
  local deep = o.maxdepth ~= -1 and entry.depth > o.maxdepth
  return within and not deep and (o.noblacklist or not BLACKLIST[target:getExtension() or ""])
end

local function follow(self, entry, response)
  local o, scraping = self.options, self.options.doscraping
  if type(scraping) == "function" and not scraping(entry.url) then
    return
  end
  local kind = (response.header or {})["content-type"] or "text/html"
  if o.maxdepth ~= -1 and entry.depth >= o.maxdepth or not kind:find("html", 1, true) then
    return
  end
  for _, link in ipairs(LinkExtractor:new(entry.url, response.body, o):getLinks()) do
    enqueue(self, link, entry.depth + 1)
  end
end

--- The next page: true and {url =, response =}; at the end false and {err = false}; false and {err = true, reason =} if the first page cannot be
-- fetched. Pages that cannot be fetched later are left out.
function Crawler:crawl()
  local most = self.options.maxpagecount == -1 and MOST_PAGES or math.min(self.options.maxpagecount, MOST_PAGES)
  while not self.stopped and self.count < most and self.at < #self.queue do
    self.at = self.at + 1
    local entry = self.queue[self.at]
    self.queue[self.at] = false
    if is_wanted(self, entry) then
      local target, extension = entry.url, entry.url:getExtension()
      local head = self.options.useheadfornonwebfiles and extension and not PAGES[extension]
      local options = { timeout = self.timeout, redirect_ok = false, scheme = target.proto }
      local here = self:iswithinhost(target)
      local host, port = here and self.host or target.host, here and self.port or target.port
      local response = http[head and "head" or "get"](host, port, target:getFile(), options)
      self.count = self.count + 1
      if response.status then
        local location = response.status >= 300 and response.status < 400 and (response.header or {}).location
        if location then
          enqueue(self, url.absolute(target.raw, location), entry.depth)
        end
        follow(self, entry, response)
        return true, { url = target, response = response }
      elseif self.count == 1 then
        return false, { err = true, reason = response["status-line"] or "no response" }
      end
    end
  end
  return false, { err = false, reason = "no more pages" }
end

return M
