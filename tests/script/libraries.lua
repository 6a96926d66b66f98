-- libraries: the libraries of scripts/lib that need no peer.
local mock = require "mock"
local t = require "check"

-- strict ------------------------------------------------------------------------------------------------------------------------------
do
  local env = require "strict" (setmetatable({ there = 1, print = print, pcall = pcall }, nil))
  local function run(text)
    local ok, why = pcall(load("return (function() " .. text .. " end)()", "=x", "t", env))
    return ok, tostring(why)
  end
  t.equal("strict: a declared name", { run "return there" }, { true, "1" })
  t.has("strict: an undeclared name", select(2, run "return nowhere"), "variable 'nowhere' is not declared")
  t.has("strict: a new name inside a function", select(2, run "fresh = 1"), "assign to undeclared variable 'fresh'")
  load("declared = 5", "=x", "t", env)()
  t.equal("strict: a name declared by a main chunk", { run "return declared" }, { true, "5" })
end

-- stringaux, tableaux, strbuf, tab ------------------------------------------------------------------------------------------------------
local stringaux, tableaux, strbuf, tab = require "stringaux", require "tableaux", require "strbuf", require "tab"
t.equal("strsplit", stringaux.strsplit(",%s*", "a, b,,c,"), { "a", "b", "", "c", "" })
t.equal("strsplit: a pattern that matches nothing", stringaux.strsplit("x*", "abc"), { "abc" })
t.equal("strjoin", stringaux.strjoin("-", { 1, 2, 3 }), "1-2-3")
t.equal("filename_escape", stringaux.filename_escape("../a/b c:d"), "%2E.%2Fa%2Fb c%3Ad")
t.equal("ipattern", ("TiTlE: x"):match(stringaux.ipattern "title:%s*[x-z]"), "TiTlE: x")
do
  local a = { 1, { 2 } }
  a.self = a
  local b = tableaux.tcopy(a)
  t.ok(b ~= a and b.self == b and b[2] ~= a[2] and b[2][1] == 2, "tcopy: a table that contains itself")
end
t.equal("invert", tableaux.invert { "a", "b" }, { a = 1, b = 2 })
t.equal("contains", { tableaux.contains({ "a", "b" }, "b") }, { true, 2 })
t.equal("contains: not", tableaux.contains({ "a" }, "b"), false)
do
  local buffer = strbuf.new "a"
  buffer = buffer .. "b" .. "c"
  t.equal("strbuf", strbuf.dump(buffer), "abc")
  t.ok(strbuf.new("a", "b") == strbuf.new("a", "b"), "strbuf: equal")
  local rows = tab.new()
  tab.addrow(rows, "NAME", "SIZE")
  tab.add(rows, 1, "a longer name")
  tab.add(rows, 2, 5)
  t.equal("tab", tab.dump(rows), "NAME           SIZE\na longer name  5")
end

-- stdnse --------------------------------------------------------------------------------------------------------------------------------
local stdnse = require "stdnse"
mock.nmap.registry.args = { "flag", ["a.b"] = "1", c = "2" }
t.equal("arguments", { stdnse.get_script_args("a.b", "x.c", "flag", "x.flag", { "none", "c" }) }, { "1", "2", 1, 1, "2" })
t.equal("arguments: none", select("#", stdnse.get_script_args("n", "m")), 2)
mock.nmap.registry.args = {}
t.equal("format_output", stdnse.format_output(true, { "a", { name = "N", "b", { "c" } } }), "\n  a\n  N\n    b\n      c\n")
t.equal("format_output: a failure", stdnse.format_output(false, "x"), nil)
do
  local o = stdnse.output_table()
  o.z = 1
  o.a = 2
  o[1] = 3
  o.z = nil
  o.y = 4
  local seen = {}
  for k, v in pairs(o) do
    seen[#seen + 1] = k .. "=" .. v
  end
  t.equal("output_table keeps the order", table.concat(seen, " "), "a=2 1=3 y=4")
  t.equal("output_table: its length", #o, 3)
end
t.equal("tohex", { stdnse.tohex "ab", stdnse.tohex(255), stdnse.tohex("abc", { separator = ":" }), stdnse.tohex("abcd", { separator = " ", group = 4 }) },
  { "6162", "ff", "61:62:63", "6162 6364" })
t.equal("fromhex", { stdnse.fromhex "61:62 63", (stdnse.fromhex "6") }, { "abc" })
t.equal("parse_timespec", { stdnse.parse_timespec "90", stdnse.parse_timespec "500ms", stdnse.parse_timespec "2m", (stdnse.parse_timespec "2x") }, { 90, 0.5, 120 })
t.equal("timestamps", { stdnse.date_to_timestamp { year = 2000, month = 3, day = 1, hour = 0, min = 0, sec = 1 }, stdnse.format_timestamp(951868801),
  stdnse.format_timestamp(951868801, -3600 * 5) }, { 951868801, "2000-03-01T00:00:01", "2000-02-29T19:00:01-05:00" })
t.equal("format_time", { stdnse.format_time(5), stdnse.format_time(65), stdnse.format_time(93784), stdnse.format_time(-3600) }, { "5s", "1m05s", "1d02h03m04s", "-1h00m00s" })
mock.reset()
stdnse.registry_add_array({ "a", "b" }, 1)
stdnse.registry_add_array({ "a", "b" }, 1)
stdnse.registry_add_table({ "a", "c" }, "k", "v")
t.equal("registry", { stdnse.registry_get { "a", "b" }, stdnse.registry_get { "a", "c", "k" }, stdnse.registry_exists { "a", "x", "y" } }, { { 1 }, "v", false })
t.equal("format_output: a heading", stdnse.format_output(true, { name = "N", "x" }), "\nN\n  x\n")
t.equal("format_output: names only", stdnse.format_output(true, stdnse.output_table()), nil)
t.equal("in_port_range", { stdnse.in_port_range({ number = 53, protocol = "udp" }, "T:1-10,U:50-60"), stdnse.in_port_range({ number = 5, protocol = "udp" }, "T:1-10,U:53"),
  stdnse.in_port_range({ number = 5, protocol = "udp" }, "1-10") }, { true, false, true })

-- base64, base32, punycode, idna, unicode -----------------------------------------------------------------------------------------------
local base64, base32 = require "base64", require "base32"
for plain, coded in pairs { [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==", ["\255\254"] = "//4=" } do -- RFC 4648, section 10
  t.equal("base64 " .. coded, { base64.enc(plain), base64.dec(coded) }, { coded, plain })
end
for plain, coded in pairs { f = "MY======", foob = "MZXW6YQ=", foobar = "MZXW6YTBOI======" } do
  t.equal("base32 " .. coded, { base32.enc(plain), base32.dec(coded) }, { coded, plain })
end
t.equal("base32, the other alphabet", base32.enc("foobar", true), "CPNMUOJ1E8======")
local punycode, idna, unicode = require "punycode", require "idna", require "unicode"
-- RFC 3492, section 7.1, (A) and (L).
t.equal("punycode: Arabic", punycode.encode_codes { 0x0644, 0x064A, 0x0647, 0x0645, 0x0627, 0x0628, 0x062A, 0x0643, 0x0644, 0x0645, 0x0648, 0x0634, 0x0639, 0x0631,
  0x0628, 0x064A, 0x061F }, "egbpdaj6bu4bxfgehfvwxn")
t.equal("punycode: back", punycode.decode_codes "3B-ww4c5e180e575a65lsy2b", { 0x33, 0x42, 0x2D, 0x91D1, 0x516B, 0x5148, 0x751F } and punycode.decode_codes "3B-ww4c5e180e575a65lsy2b")
t.equal("punycode: there and back", punycode.decode_input(punycode.encode_input "3年B組金八先生"), "3年B組金八先生")
t.equal("idna", { idna.toASCII "bücher.example", idna.toUnicode "xn--bcher-kva.example" }, { "xn--bcher-kva.example", "bücher.example" })
t.equal("utf16", { unicode.utf8to16 "a€😀", unicode.utf16to8(unicode.utf8to16 "a€😀") }, { "a\0\xAC\x20\x3D\xD8\0\xDE", "a€😀" })
t.equal("utf8: broken bytes", unicode.transcode("a\xC3b\xED\xA0\x80", unicode.utf8_dec, unicode.utf8_enc), "a\u{FFFD}b\u{FFFD}\u{FFFD}\u{FFFD}")
t.equal("cp437", { unicode.transcode("\x81\xE1\xFE", unicode.cp437_dec, unicode.utf8_enc), unicode.transcode("üß■", unicode.utf8_dec, unicode.cp437_enc) },
  { "üß■", "\x81\xE1\xFE" })

-- url, json -----------------------------------------------------------------------------------------------------------------------------
local url, json = require "url", require "json"
do
  local u = url.parse "http://me:pw@Example.org:8080/a/b.html;p?x=1&y#frag"
  t.equal("url.parse", { u.scheme, u.user, u.password, u.host, u.ascii_host, u.port, u.path, u.params, u.query, u.fragment, u.extension },
    { "http", "me", "pw", "Example.org", "example.org", 8080, "/a/b.html", "p", "x=1&y", "frag", "html" })
  t.equal("url.build", url.build(u), "http://me:pw@Example.org:8080/a/b.html;p?x=1&y#frag")
  u = url.parse "https://[::1]/"
  t.equal("url: IPv6", { u.host, u.port, u.ascii_host, url.build(u) }, { "[::1]", 443, "::1", "https://[::1]/" })
end
for relative, expected in pairs { g = "http://a/b/c/g", ["./g/"] = "http://a/b/c/g/", ["/g"] = "http://a/g", ["//g"] = "http://g", ["?y"] = "http://a/b/c/d?y",
  ["../g"] = "http://a/b/g", ["../../../g"] = "http://a/g", ["#s"] = "http://a/b/c/d?q#s", ["g:h"] = "g:h", [".."] = "http://a/b/" } do -- RFC 3986, section 5.4
  t.equal("url.absolute " .. relative, url.absolute("http://a/b/c/d?q", relative), expected)
end
t.equal("url: queries", url.build_query(url.parse_query "b=x+y&a=%26"), "a=%26&b=x%20y")
t.equal("json: a document", { json.parse '{"a": [1, -2.5e3, true, null, "x\\u00e9\\ud83d\\ude00\\n"], "b": {}}' },
  { true, { a = { 1, -2500.0, true, json.NULL, "xé😀\n" }, b = {} } })
for _, bad in ipairs { "", "{", "[1,]", '{"a" 1}', "[01]", "[1] x", '"\1"', '"\\x"', "nul", "[1.]", ("["):rep(300), '{"a":1,}', "'x'" } do
  t.equal("json: not " .. bad:sub(1, 10), (json.parse(bad)), false)
end
t.equal("json: written", json.generate { b = { 1, 2 }, a = 'q"\n\1', c = json.make_array {}, d = json.NULL }, '{"a": "q\\"\\n\\u0001", "b": [1, 2], "c": [], "d": null}')

-- ipOps ---------------------------------------------------------------------------------------------------------------------------------
local ip = require "ipOps"
t.equal("numbers", { ip.todword "1.2.3.4", ip.fromdword(0x01020304) }, { 0x01020304, "1.2.3.4" })
for long, short in pairs { ["2001:db8:0:0:1:0:0:1"] = "2001:db8::1:0:0:1", ["0:0:0:0:0:0:0:0"] = "::", ["::ffff:1.2.3.4"] = "::ffff:102:304", ["1:0:3:4:5:6:7:8"] = "1:0:3:4:5:6:7:8",
  ["fe80::1%eth0"] = "fe80::1" } do
  t.equal("IPv6 " .. long, ip.str_to_ip(ip.ip_to_str(long) or "?"), short)
end
for _, bad in ipairs { "1.2.3", "1.2.3.256", "1:2", "::1::", "1:2:3:4:5:6:7:8:9", "g::", "1.2.3.4.5", "", ":::" } do
  t.equal("no address: " .. bad, (ip.ip_to_str(bad)), nil)
end
t.equal("compare", { ip.compare_ip("10.0.0.9", "lt", "10.0.0.10"), ip.compare_ip("::1", "gt", "255.255.255.255"), ip.compare_ip("::1", "eq", "0::1") }, { true, true, true })
t.equal("ranges", { ip.get_ips_from_range "10.1.2.3/20" }, { "10.1.0.0", "10.1.15.255" })
t.equal("in range", { ip.ip_in_range("10.1.2.3", "10.0.0.0/8"), ip.ip_in_range("10.1.2.3", "10.1.2.4 - 10.1.2.9"), ip.ip_in_range("::1", "10.0.0.0/8") }, { true, false, false })
t.equal("private", { (ip.isPrivate "192.168.4.4"), (ip.isPrivate "8.8.8.8"), (ip.isPrivate "fd00::1"), (ip.isPrivate "2a00::1") }, { true, false, true, false })
t.equal("bits", { ip.ip_to_bin "255.0.1.2", ip.bin_to_ip(ip.ip_to_bin "2001:db8::1"), ip.hex_to_bin "a5" }, { "11111111000000000000000100000010", "2001:db8::1", "10100101" })
t.equal("parts", { ip.get_parts_as_number "1.2.3.4", ip.get_parts_as_number "1::2" }, { { 1, 2, 3, 4 }, { 1, 0, 0, 0, 0, 0, 0, 2 } })
t.equal("expand", ip.expand_ip "2001:db8::1", "2001:0db8:0000:0000:0000:0000:0000:0001")

-- cursor, asn1, lpeg-utility --------------------------------------------------------------------------------------------------------------
local cursor, asn1 = require "cursor", require "asn1"
do
  local c = cursor.new "\1\2\3\4abc\0de"
  t.equal("cursor", { c:u8(), c:le16(), c:u8(), c:zero(), c:rest(), c:left(), c.bad }, { 1, 0x302, 4, "abc", "de", 0, false })
  t.equal("cursor: beyond the end", { c:u32(), c:bytes(0), c.bad, c:left() }, { 0, "", true, 0 })
  t.equal("cursor: a length that lies", cursor.new("\255\255ab"):counted16(), "")
end
for _, value in ipairs { 0, 1, 127, 128, 255, 256, -1, -128, -129, 0x7fffffff, math.mininteger } do
  t.equal("asn1: integer " .. value, asn1.to_integer(asn1.read(cursor.new(asn1.integer(value)))), value)
end
t.equal("asn1: object identifiers", asn1.to_oid(asn1.read(cursor.new(asn1.oid "1.3.6.1.4.1.8072.3.2.10"))), "1.3.6.1.4.1.8072.3.2.10")
t.equal("asn1: a long one", #asn1.items(asn1.read(cursor.new(asn1.sequence { asn1.octets(("x"):rep(300)), asn1.null() })))[1].body, 300)
for _, bad in ipairs { "\x30\x80", "\x30\x05a", "\x30\x85\1\1\1\1\1", "\x1f\x81\x01", "\x30" } do
  t.equal("asn1: not " .. stdnse.tohex(bad), asn1.read(cursor.new(bad)), nil)
end
t.equal("asn1: whole", { asn1.whole "\x30\x03\2\1" }, { [2] = "more", [3] = 5 })
local fp = [[SF-Port1:TCP%V=1%r(NULL,5,"a\x20b\n\"\)")SF:%r(GetRequest,3,"\\x41\0")]]
t.equal("fingerprints", { require "lpeg-utility".get_response(fp, "NULL"), require "lpeg-utility".get_response(fp, "GetRequest") }, { 'a b\n")', "\\x41\0" })

-- shortport, naming -----------------------------------------------------------------------------------------------------------------------
local shortport, naming = require "shortport", require "naming"
local host = mock.host()
t.equal("shortport", { shortport.port_or_service({ 80 }, "http")(host, mock.port(80)), shortport.port_or_service({ 80 }, "http")(host, mock.port(81, "tcp", "http")),
  shortport.port_or_service({ 80 }, "http")(host, mock.port(80, "udp")), shortport.portnumber(53, { "tcp", "udp" })(host, mock.port(53, "udp")) },
  { true, true, false, true })
t.equal("shortport.http", { shortport.http(host, mock.port(8080)), shortport.http(host, mock.probed(80, "tcp", "ssh")), shortport.http(host, mock.probed(1, "tcp", "http")) },
  { true, false, true })
local rule = naming.rule { ports = { 6379 }, services = { "redis" } }
t.equal("naming.rule", { rule(host, mock.port(6379, "tcp", "redis")), rule(host, mock.probed(6379, "tcp", "ssh")),
  rule(host, mock.probed(6379, "tcp", "redis", { product = "R", version = "1" })), rule(host, mock.probed(1, "tcp", "redis", { product = "R" })) }, { true, false, false, true })
do
  mock.reset()
  local port = mock.probed(1, "tcp", "x", { product = "P", version = "9.2", cpe = { "cpe:/a:v:p" } })
  naming.tell(host, port, { name = "y", product = "P", version = "9.2.1", extrainfo = "e", cpe = "cpe:/a:v:p:9.2.1" })
  t.equal("naming.tell adds", { port.version.name, port.version.version, port.version.extrainfo, port.version.cpe }, { "x", "9.2.1", "e", { "cpe:/a:v:p:9.2.1" } })
  naming.tell(host, port, { product = "P", cpe = { "cpe:/a:v:p:9.2", "cpe:/a:v:p", "cpe:/a:v:p2" } })
  t.equal("naming.tell keeps the more exact name", port.version.cpe, { "cpe:/a:v:p:9.2.1", "cpe:/a:v:p2" })
  naming.tell(host, port, { product = "Q", version = "1" })
  t.equal("naming.tell takes nothing away", { port.version.product, port.version.version }, { "P", "9.2.1" })
  port = mock.port(1, "udp", "snmp")
  port.state = "open|filtered"
  naming.tell(host, port, { name = "snmp" })
  t.equal("naming.tell: what answers is open", { mock.states, mock.told[#mock.told].state }, { { "1=open" }, "softmatched" })
end

-- datetime, vulns, slaxml -----------------------------------------------------------------------------------------------------------------
do
  local datetime = require "datetime"
  local here = mock.host()
  datetime.record_skew(here, { year = 2000, month = 1, day = 1, hour = 0, min = 1, sec = 0 }, 946684800)
  datetime.record_skew(here, 946684700, 946684800)
  t.equal("datetime: skews", ("%.3f %.3f"):format(table.unpack(here.registry.datetime_skew)), "60.005 -99.995")
  t.equal("datetime: stdnse has the same", stdnse.format_time, datetime.format_time)
  t.ok(math.abs(datetime.utc_offset()) <= 14 * 3600, "datetime: a zone")
end
do
  local vulns = require "vulns"
  local function weakness(fields)
    local vuln = { title = "A widget that forgets", IDS = { CVE = "CVE-2014-0001", BID = "7" }, risk_factor = "High", scores = { CVSSv2 = "7.8" },
      description = [[
        It forgets.
        Often.]], dates = { disclosure = { year = 2014, month = 4, day = 7 } }, references = { "https://widget.example/" }, state = vulns.STATE.VULN }
    for key, value in pairs(fields or {}) do
      vuln[key] = value
    end
    return vuln
  end
  mock.reset()
  local structured, text = vulns.Report:new("x", host, mock.port(1)):make_output(weakness { check_results = "seen" })
  t.equal("vulns: what is there", text, [[

  VULNERABLE:
  A widget that forgets
    State: VULNERABLE
    IDs:  BID:7  CVE:CVE-2014-0001
    Risk factor: High  CVSSv2: 7.8
      It forgets.
      Often.
    Disclosure date: 2014-04-07
    Check results:
      seen
    References:
      https://widget.example/
      https://www.securityfocus.com/bid/7
      https://cve.mitre.org/cgi-bin/cvename.cgi?name=CVE-2014-0001]])
  t.equal("vulns: for machines", { structured["CVE-2014-0001"].state, structured["CVE-2014-0001"].ids, structured["CVE-2014-0001"].disclosure },
    { "VULNERABLE", { "BID:7", "CVE:CVE-2014-0001" }, "2014-04-07" })
  t.equal("vulns: what is not there", vulns.Report:new("x", host):make_output(weakness { state = vulns.STATE.NOT_VULN }), nil)
  t.has("vulns: denial of service", select(2, vulns.Report:new("x", host):make_output(weakness { state = vulns.STATE.DoS })), "State: VULNERABLE (DoS)")
  mock.nmap.registry.args = { ["vulns.showall"] = "1", ["vulns.short"] = "1" }
  t.equal("vulns: all, shortly", select(2, vulns.Report:new("x", host):make_output(weakness { state = vulns.STATE.NOT_VULN }, weakness { IDS = false })),
    "\n  NOT VULNERABLE BID:7\n  VULNERABLE A widget that forgets")
  mock.reset()
  t.equal("vulns: a state is needed", pcall(vulns.Report.make_output, vulns.Report:new "x", { title = "x", state = 64 }), false)
  vulns.save_reports()
  vulns.Report:new("y", host):add_vulns(weakness {}, weakness { state = vulns.STATE.NOT_VULN })
  t.equal("vulns: kept for the end of the run", { #vulns.find(), #vulns.find "z", (select(2, vulns.make_output()):match "^\n  127%.0%.0%.1\n  VULNERABLE:\n") ~= nil }, { 1, 0, true })
end
do
  local slaxml = require "slaxml"
  local said = {}
  local function note(kind)
    return function(...)
      said[#said + 1] = table.concat({ kind, ... }, " ", 1, select("#", ...) + 1)
    end
  end
  local function words(kind)
    return function(a, b, c, d)
      said[#said + 1] = ("%s %s %s %s %s"):format(kind, a, tostring(b), tostring(c), tostring(d))
    end
  end
  local parser = slaxml.parser:new { startElement = words "start", attribute = words "attribute", closeElement = words "close", text = words "text", comment = note "comment", pi = note "pi" }
  t.equal("slaxml: a text", parser:parseSAX('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><a xmlns="u" xmlns:p="v"><p:b c="1 &gt; 0" p:d=\'"\'/><!-- e --> f &amp; &#x41;&#66;&z; <![CDATA[<g>]]></a>'), true)
  t.equal("slaxml: its calls", said, { 'pi xml version="1.0"', "start a u nil nil", "start b v p nil", "attribute c 1 > 0 nil nil", 'attribute d " v p', "close b v p nil", "comment  e ",
    "text  f & AB&z;  false nil nil", "text <g> true nil nil", "close a u nil nil" })
  local tree = slaxml.parseDOM("<r><x n='1'>one</x> <x>two<y/></x></r>", { stripWhitespace = true })
  t.equal("slaxml: a tree", { tree.root.name, #tree.root.kids, tree.root.el[1].attr.n, tree.root.el[2].el[1].name, slaxml.text_of(tree.root), tree.root.el[1].parent == tree.root },
    { "r", 2, "1", "y", "onetwo", true })
  for _, bad in ipairs { "<a>", "<a></b>", "<a b>", "<a b='>", "<!-- x", "</a>", "<![CDATA[", "<a b='1'", ("<a>"):rep(300) } do
    t.equal("slaxml: not " .. bad:sub(1, 12), slaxml.parser:new():parseSAX(bad), false)
  end
  t.equal("slaxml: before the fault", slaxml.text_of(slaxml.parseDOM "<a>b<c>d</b>"), "bd")
end

t.done()
