-- web: the http library against servers of all manners, kind and hostile; comm and stream with it.
local mock = require "mock"
local peers = require "peers"
local t = require "check"
local http, comm, stream = require "http", require "comm", require "stream"

local says, turns = peers.says, peers.turns
local PORT = mock.port(80, "tcp", "http")

local function get(reply, options)
  mock.reset()
  mock.peers["tcp/80"] = says { reply }
  return http.get(mock.host(), PORT, "/", options)
end

local r = get "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nx-a: 2\r\nSet-Cookie: id=7; Path=/; HttpOnly\r\n\r\nhello rest"
t.equal("a response", { r.status, r.body, r.header["x-a"], #r.rawheader, r.cookies }, { 200, "hello", "1, 2", 4, { { name = "id", value = "7", path = "/", httponly = true } } })
t.has("the request", mock.sent[1], "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nUser-Agent: ")
t.equal("chunks", get("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: 1\r\n\r\n").body, "abc0123456789")
r = get "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFF\r\nabc"
t.equal("a chunk that is cut off", { r.body, r.truncated }, { "abc", true })
t.equal("chunks that are none", get("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc").body, "")
t.equal("up to the end", get("HTTP/1.0 200 OK\r\n\r\nall of it").body, "all of it")
r = get("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" .. ("x"):rep(100), { max_body_size = 10 })
t.equal("a body too long", { #r.body, r.truncated }, { 10, true })
t.equal("an announcement before", get("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 None\r\n\r\n").status, 204)
for name, reply in pairs { ["no HTTP"] = "SSH-2.0-x\r\n", nothing = "", ["a line without end"] = ("H"):rep(20000), ["fields without end"] = "HTTP/1.1 200 OK\r\n" .. ("a: b\r\n"):rep(300) } do
  r = get(reply)
  t.ok(r.status == nil and r.body == "" and r["status-line"]:find "^Error: ", "no response: " .. name, r["status-line"])
end

-- The answer is kept with the host, and asked for once.
mock.reset()
mock.peers["tcp/80"] = says { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na" }
local host = mock.host()
http.get(host, PORT, "/")
r = http.get(host, PORT, "/")
r.body = "changed"
t.equal("one question", { #mock.sent, http.get(host, PORT, "/").body }, { 1, "a" })

-- Redirects: on the host they are followed, at most five times; elsewhere they are not.
mock.reset()
mock.peers["tcp/80"] = peers.http { ["*"] = { status = "302 Found", body = "", header = { Location = "/again?x" } } }
r = http.get(mock.host(), PORT, "/", { no_cache = true })
t.equal("redirects in a circle", { r.status, #r.location, #mock.sent }, { 302, 6, 6 })
mock.reset()
mock.peers["tcp/80"] = peers.http { ["/"] = { status = "302 Found", body = "", header = { Location = "http://127.0.0.1:8080/x" } } }
mock.peers["tcp/8080"] = peers.http { ["/x"] = { body = "there" } }
t.equal("a redirect to another port", http.get(mock.host(), PORT, "/").body, "there")
mock.reset()
mock.peers["tcp/80"] = peers.http { ["*"] = { status = "302 Found", body = "", header = { Location = "http://127.0.0.1@evil.example/" } } }
t.equal("a redirect that pretends", #http.get(mock.host(), PORT, "/").location, 1)
t.equal("it was not followed", #mock.sent, 1)

-- Who brings a function is asked for one that decides.
mock.reset()
mock.peers["tcp/80"] = peers.http { ["*"] = { status = "302 Found", body = "", header = { Location = "/again" } } }
local function twice(asked_host, asked_port)
  local left = asked_host.ip == "127.0.0.1" and asked_port == PORT and 2
  return function(target)
    left = left - 1
    return target.path == "/again" and left >= 0
  end
end
t.equal("redirects, as often as the caller says", { #http.get(mock.host(), PORT, "/", { no_cache = true, redirect_ok = twice }).location, #mock.sent }, { 3, 3 })

-- Nothing that a peer or an argument says may add a line to a request.
mock.reset()
mock.peers["tcp/80"] = peers.http {}
http.get(mock.host(), PORT, "/a\r\nX: y", { header = { ["A\r\nB"] = "c\r\nd" } })
t.equal("no further lines", select(2, mock.sent[1]:gsub("\r\n", "")), 6)

-- TLS is tried when clear text leads to nothing.
mock.reset()
mock.peers["tcp/8443"] = function(say) say(nil) end
mock.peers["ssl/8443"] = says { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ns" }
r = http.get(mock.host(), mock.port(8443, "tcp", "https-alt"), "/")
t.equal("TLS", { r.body, r.ssl }, { "s", true })
t.has("the port is in the host field", mock.sent[1], "Host: 127.0.0.1:8443\r\n")

-- A list of requests over as few connections as can be.
mock.reset()
local one = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"
mock.peers["tcp/80"] = turns(says { one .. "a", one .. "b" }, says { one .. "c" })
local list
for i = 1, 3 do
  list = http.pipeline_add("/" .. i, nil, list)
end
local responses = http.pipeline_go(mock.host(), PORT, list)
t.equal("three requests", { responses[1].body, responses[2].body, responses[3] and responses[3].status, mock.connections }, { "a", "b", nil, 1 })

t.equal("dates", { http.parse_date "Sun, 06 Nov 1994 08:49:37 GMT", http.parse_date "Sunday, 06-Nov-94 08:49:37 GMT", http.parse_date "Sun Nov  6 08:49:37 1994" }, (function()
  local d = { year = 1994, month = 11, day = 6, hour = 8, min = 49, sec = 37, isdst = false }
  return { d, d, d }
end)())
t.equal("no date", http.parse_date "yesterday", nil)
t.equal("challenges", http.parse_www_authenticate 'Basic realm="a, b", Digest realm="c", nonce=xyz, Negotiate abc==',
  { { scheme = "basic", params = { realm = "a, b" } }, { scheme = "digest", params = { realm = "c", nonce = "xyz" } }, { scheme = "negotiate", params = { token = "abc==" } } })
local form = http.grab_forms '<p><FORM action="/in" method=POST><input name=user><input type="hidden" name="t" value="1"></form>'
t.equal("forms", http.parse_form(form[1]), { action = "/in", method = "post", fields = { { name = "user", type = "text" }, { name = "t", type = "hidden", value = "1" } } })
t.equal("words", { http.get_status_string { status = 404 }, http.get_status_string { status = 299, ["status-line"] = "HTTP/1.1 299 Odd" }, http.get_status_string {} },
  { "404 Not Found", "299 Odd", "Unknown Status" })
t.equal("contained", { (http.response_contains({ body = "Hello World" }, "hello (w%a+)")), (http.response_contains({ body = "Hello" }, "hello", true)) }, { true, false })

-- comm and stream.
mock.reset()
mock.peers["tcp/1"] = says({ "pong" }, "hi\n")
local port = mock.port(1)
t.equal("banner", { comm.get_banner(mock.host(), port) }, { true, "hi\n" })
t.equal("exchange", { comm.exchange(mock.host(), port, "ping", { bytes = 7 }) }, { true, "hi\npong" })
local _, reply, protocol, early = comm.tryssl(mock.host(), port, "ping", { recv_before = true })
t.equal("tryssl", { reply, protocol, early }, { "pong", "tcp", "hi\n" })
t.equal("nobody", { comm.exchange(mock.host(), mock.port(2), "x") }, { false, "ERROR" })
local s = stream.open(mock.host(), port)
t.equal("stream", { s:line(), s:ask("x", 3), s:any(), s:any(), s:exactly(1), s:exactly(-1), s:exactly(1 << 40) }, { "hi", "pon", "g" })
s:close()

-- httpspider.
local httpspider = require "httpspider"
local SITE = {
  ["/"] = { body = '<a href="/a.html#x">a</a> <A HREF=b/>b</A> <img src="/i.png"> <a href="http://other.example/">o</a> <a href="mailto:x">m</a> <a href="/a.html">again</a>' },
  ["/a.html"] = { body = '<script src="/s.js"></script><a href="/b/c?x=1&amp;y=2">c</a>', header = { ["Content-Type"] = "text/html" } },
  ["/b/"] = { status = "302 Found", body = "", header = { Location = "/moved" } },
  ["/moved"] = { body = '<a href="/b/deep">' }, ["/b/deep"] = { body = '<a href="/b/deeper">' }, ["/b/deeper"] = { body = '<a href="/b/deepest">' },
  ["/b/c?x=1&y=2"] = { body = "c" }, ["/s.js"] = { body = '<a href="/no">', header = { ["Content-Type"] = "text/javascript" } },
}
local function walk(options)
  mock.reset()
  mock.peers["tcp/80"] = peers.http(SITE)
  local crawler, seen = httpspider.Crawler:new(mock.host(), PORT, nil, options), {}
  while true do
    local ok, page = crawler:crawl()
    if not ok then
      return seen, crawler, page
    end
    seen[#seen + 1] = page.url:getFile()
  end
end
local seen, crawler, last = walk {}
t.equal("httpspider: a walk", seen, { "/", "/a.html", "/b/", "/s.js", "/b/c?x=1&y=2", "/moved", "/b/deep", "/b/deeper" })
t.equal("httpspider: its end", { last.err, crawler:iswithinhost "http://127.0.0.1/x", crawler:iswithinhost "http://127.0.0.1:81/", crawler:isresource("http://h/x.JS", "js") }, { false, true, false, true })
t.equal("httpspider: not so deep", walk { maxdepth = 1 }, { "/", "/a.html", "/b/", "/moved" })
t.equal("httpspider: not so many", walk { maxpagecount = 2 }, { "/", "/a.html" })
t.equal("httpspider: pictures, too", #walk { noblacklist = true, maxdepth = 1 }, 5)
t.equal("httpspider: whose links are followed", walk { doscraping = function(target) return target:getFile() == "/" end }, { "/", "/a.html", "/b/", "/moved" })
mock.reset()
_, last = httpspider.Crawler:new(mock.host(), PORT):crawl()
t.equal("httpspider: nobody", { last.err, last.reason ~= nil }, { true, true })
local endless = 0
mock.peers["tcp/80"] = says { function()
  endless = endless + 1
  local body = ('<a href="/%d">'):format(endless)
  return ("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"):format(#body, body)
end }
crawler = httpspider.Crawler:new(mock.host(), PORT, nil, { maxdepth = -1 })
local pages = 0
while crawler:crawl() do
  pages = pages + 1
end
t.equal("httpspider: a site without end", pages, 20)

t.done()
