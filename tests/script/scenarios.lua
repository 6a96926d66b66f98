-- scenarios: each script against a peer that says what it expects, nothing, rubbish, and every broken form of what it expects.
local mock = require "mock"
local peers = require "peers"
local t = require "check"

local says, turns = peers.says, peers.turns

-- A BSON document and a reply of MongoDB around it.
local bson = require "bson"
local function mongo(code, document)
  local body = code == 1 and ("<I4I8I4I4"):pack(8, 0, 0, 1) .. document or ("<I4B"):pack(0, 0) .. document
  return ("<I4I4I4I4"):pack(#body + 16, 9, 1, code) .. body
end

local asn1 = require "asn1"
local function dse(attributes)
  local list = {}
  for i, pair in ipairs(attributes) do
    local values = {}
    for j = 2, #pair do
      values[j - 1] = asn1.octets(pair[j])
    end
    list[i] = asn1.sequence { asn1.octets(pair[1]), asn1.sequence(values, 0x31) }
  end
  local entry = asn1.sequence { asn1.integer(7), asn1.sequence({ asn1.octets "", asn1.sequence(list) }, 0x64) }
  return entry .. asn1.sequence { asn1.integer(7), asn1.sequence({ asn1.enumerated(0), asn1.octets "", asn1.octets "" }, 0x65) }
end

local mqtt = require "mqtt"

local function amqp_start(properties)
  local body = (">I2I2BB"):pack(10, 10, 0, 9) .. (">s4"):pack(properties) .. (">s4s4"):pack("PLAIN AMQPLAIN", "en_US")
  return (">BI2I4"):pack(1, 0, #body) .. body .. "\xCE"
end
local function amqp_field(name, value)
  return ("s1"):pack(name) .. "S" .. (">s4"):pack(value)
end

-- TLS: a ServerHello for what was asked, from a table of versions; nothing for others.
local function tls_server(versions, alpn)
  return says { function(hello)
    local version = hello:byte(10) << 8 | hello:byte(11)
    local modern = hello:find("\0\43\0\3\2\3\4", 1, true)
    local asked = modern and 0x0304 or version
    local cipher = versions[asked]
    if not cipher then
      return "\21\3\1\0\2\2\70"
    end
    local extensions = modern and (">I2s2"):pack(43, "\3\4") or ""
    if alpn and not modern then
      for _, name in ipairs(alpn) do
        if hello:find(("s1"):pack(name), 1, true) then
          extensions = extensions .. (">I2s2"):pack(16, (">s2"):pack(("s1"):pack(name)))
          break
        end
      end
    end
    local body = (">I2"):pack(math.min(asked, 0x0303)) .. ("r"):rep(32) .. "\0" .. (">I2B"):pack(cipher, 0) .. (">s2"):pack(extensions)
    return "\22\3\3" .. (">s2"):pack("\2" .. (">s3"):pack(body))
  end }
end

local ssh2 = require "ssh2"
local function kexinit()
  local lists = { "curve25519-sha256", "ssh-ed25519,rsa-sha2-512", "aes128-ctr", "aes128-ctr", "hmac-sha2-256", "hmac-sha2-256", "none", "none", "", "" }
  local body = "\20" .. ("c"):rep(16)
  for _, list in ipairs(lists) do
    body = body .. (">s4"):pack(list)
  end
  return ssh2.packet(body .. "\0\0\0\0\0")
end
local ED25519 = (">s4s4"):pack("ssh-ed25519", ("k"):rep(32))
local function ssh_server()
  return says({ false, function(data)
    local key = data:find("rsa%-sha2") and (">s4s4s4"):pack("ssh-rsa", "\1\0\1", "\0\200" .. ("n"):rep(255)) or ED25519
    return ssh2.packet("\31" .. (">s4s4s4"):pack(key, "f", "s"))
  end }, "SSH-2.0-OpenSSH_9.2p1\r\n" .. kexinit())
end

local NTP_TIME = "\x24\2\3\xE9" .. ("\0"):rep(8) .. "\192\0\2\1" .. ("\0"):rep(24) .. (">I4"):pack(3900000000) .. "\0\0\0\0"
local function ntp_variables(text)
  return "\x16\x82" .. (">I2I2I2I2I2"):pack(1, 0, 0, 0, #text) .. text
end

local function stun_reply(request)
  local attributes = (">I2s2"):pack(0x8022, "Coturn-4.6.1 'Gorst'") .. (">I2s2"):pack(0x0020, "\0\1" .. (">I2I4"):pack(40000 ~ 0x2112, 0x7F000001 ~ 0x2112A442))
  return (">I2I2"):pack(0x0101, #attributes) .. request:sub(5, 20) .. attributes
end

local function rdp_answer(kind, value)
  return "\3\0\0\19\14\xD0\0\0\0\0\0" .. ("<BBI2I4"):pack(kind, 0, 8, value)
end

local function bacnet_reply(request)
  local id, property = request:byte(9), request:sub(-1):byte()
  local texts = { [77] = "AHU-1", [121] = "Example Controls", [70] = "EC-100", [44] = "3.2" }
  local text = texts[property]
  local apdu
  if text then
    apdu = string.char(0x30, id, 12) .. "\x0C" .. (">I4"):pack(8 << 22 | 5) .. "\x19" .. string.char(property) .. "\x3E\x75" .. string.char(#text + 1) .. "\0" .. text .. "\x3F"
  else
    apdu = string.char(0x50, id, 12) .. "\x91\2\x91\x20"
  end
  return "\x81\x0A" .. (">I2"):pack(#apdu + 6) .. "\1\0" .. apdu
end

local function ipp_attribute(tag, name, value)
  return string.char(tag) .. (">s2s2"):pack(name, value)
end
local PRINTERS = "\2\0\0\0\0\0\0\1\1" .. ipp_attribute(0x47, "attributes-charset", "utf-8") .. "\4" .. ipp_attribute(0x42, "printer-name", "office") ..
  ipp_attribute(0x41, "printer-make-and-model", "Example Laser 400") .. ipp_attribute(0x23, "printer-state", "\0\0\0\3") .. ipp_attribute(0x41, "cups-version", "2.4.2") .. "\3"

local function pong(request)
  return (">I2"):pack(0x8005) .. "\x2A\x17" .. ("\0"):rep(6) .. "\6\3", request
end

local function openvpn_answer(request)
  return "\x40" .. ("S"):rep(8) .. "\1\0\0\0\0" .. request:sub(2, 9) .. "\0\0\0\0"
end

-- Answers of IKE: header with our SPI, then payloads (number of the next, body).
local function ike_answer(list)
  return function(request)
    local body, first = "", list[1][1]
    for i, row in ipairs(list) do
      local following = list[i + 1] and list[i + 1][1] or 0
      body = body .. (">BBI2"):pack(following, 0, #row[2] + 4) .. row[2]
    end
    local version = request:byte(18)
    return request:sub(1, 8) .. ("R"):rep(8) .. string.char(first, version, request:byte(19), version == 0x20 and 0x20 or 0) .. (">I4I4"):pack(0, #body + 28) .. body
  end
end
local stdnse = require "stdnse"
local STRONGSWAN = stdnse.fromhex "882fe56d6fd20dbc2251613b2ebe5beb"

local function smb_reply(dialect)
  local body = ("<I2I2I2I2"):pack(65, 1, dialect, 0) .. ("G"):rep(16) .. ("<I4I4I4I4I8I8I2I2I4"):pack(1, 65536, 65536, 65536, 134000000000000000, 0, 128, 0, 0)
  local header = "\xFESMB" .. ("<I2I2I4I2I2I4I4I8I4I4I8"):pack(64, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0) .. ("\0"):rep(16)
  return (">I4"):pack(#header + #body) .. header .. body
end
local function smb_server(wanted)
  return says { function(request)
    if request:sub(5, 8) == "\xFFSMB" then
      return nil
    end
    return request:find(("<I2"):pack(wanted), 105, true) and smb_reply(wanted) or nil
  end }
end

local function rpc_list(entries)
  local body = ""
  for _, entry in ipairs(entries) do
    body = body .. (">I4I4I4I4I4"):pack(1, table.unpack(entry))
  end
  return body .. (">I4"):pack(0)
end
local function rpc_reply(results)
  return function(request)
    local reply = request:sub(5, 8) .. (">I4I4I4I4I4"):pack(1, 0, 0, 0, 0) .. results
    return (">I4"):pack(#reply | 0x80000000) .. reply
  end
end

-- A server of one program: every other one is unavailable.
local function rpc_server(program, low, high)
  local function answer(request, framed)
    local call = framed and request:sub(5) or request
    local id, _, _, asked = (">I4I4I4I4"):unpack(call)
    local reply = (">I4I4I4I4I4I4I4I4"):pack(id, 1, 0, 0, 0, asked == program and 2 or 1, low, high)
    return framed and (">I4"):pack(#reply | 0x80000000) .. reply or reply
  end
  return function(say, socket)
    return function(request)
      if #request >= 40 then
        say(answer(request, socket.kind ~= "udp"))
      end
    end
  end
end

-- Eight bytes that look random, other ones each time; as many ones as zeros.
local skype_count = 0
local function skype_noise()
  skype_count = skype_count + 1
  return ("\x9A\x65\xC3\x3C\xF0\x0F\x81\x7E\xE4\x1B\xA6\x59"):sub(1 + skype_count % 2, 10 + skype_count % 2) .. string.char(skype_count % 200, 255 - skype_count % 200)
end
local function skype_peer()
  return says { function(data)
    return data:find "^GET" and "HTTP/1.0 404 Not Found\r\n\r\n" or skype_noise()
  end }
end

local DESCRIPTION = "<root><device><friendlyName>gateway</friendlyName><manufacturer>Example</manufacturer><modelName>Router</modelName><modelNumber>5</modelNumber></device></root>"

local function mdns_server()
  local PTR, SRV, TXT = 12, 33, 16
  local kind, instance = "_http._tcp.local", "front page._http._tcp.local"
  return peers.dns {
    ["_services._dns-sd._udp.local"] = { answers = { peers.record("_services._dns-sd._udp.local", PTR, 1, peers.dns_name(kind)) } },
    [kind] = { answers = { peers.record(kind, PTR, 1, peers.dns_name(instance)) }, additional = { peers.record(instance, SRV, 1, (">I2I2I2"):pack(0, 0, 8080) .. peers.dns_name "h.local"),
      peers.record(instance, TXT, 1, "\6path=/") } },
  }
end

local TXT, CHAOS = 16, 3

-- A peer of WireGuard: its response, or the cookie of one under load.
local function wireguard_response(request)
  return ("<I4I4"):pack(2, 77) .. request:sub(5, 8) .. ("e"):rep(32) .. ("n"):rep(16) .. ("\3"):rep(16) .. ("\0"):rep(16)
end
local function wireguard_cookie(request)
  return ("<I4"):pack(3) .. request:sub(5, 8) .. ("n"):rep(24) .. ("c"):rep(32)
end
local WIREGUARD_KEY = ("A"):rep(43) .. "="

-- Each: script, port, protocol, service, what is known, the peers, what its output must contain (text or list), what is told (fields of the
-- version), arguments, host, known_rpc (what the host's own grinder found).
local SCENARIOS = {
  { "amqp-info", 5672, "tcp", "amqp", peers = function()
    return { ["tcp/5672"] = says { amqp_start(amqp_field("product", "RabbitMQ") .. amqp_field("version", "3.10.8") .. amqp_field("platform", "Erlang/OTP 25.2.3")) } }
  end, has = { "platform: Erlang/OTP 25.2.3", "mechanisms: PLAIN AMQPLAIN" }, told = { product = "RabbitMQ", version = "3.10.8", extrainfo = "0-9" } },
  { "amqp-info", 5672, "tcp", "amqp", peers = function() return { ["tcp/5672"] = says { "AMQP\3\1\0\0" } } end, has = "AMQP 1.0.0", told = { name = "amqp" } },
  { "bacnet-info", 47808, "udp", "bacnet", peers = function()
    local all = {}
    for i = 1, 8 do
      all[i] = bacnet_reply
    end
    return { ["udp/47808"] = says(all) }
  end, has = { "object-name: AHU-1", "firmware-revision: 3.2" }, told = { product = "Example Controls EC-100", version = "3.2" } },
  { "dns-nsid", 53, "udp", "domain", peers = function()
    return { ["udp/53"] = peers.dns { [""] = { additional = { "\0" .. (">I2I2I4s2"):pack(41, 1232, 0, (">I2s2"):pack(3, "ns1")) } },
      ["id.server"] = { answers = { peers.record("id.server", TXT, CHAOS, "\3fra") } }, ["*"] = { flags = 0x8405 } } }
  end, has = { "NSID: ns1 (6e7331)", "id.server: fra" } },
  { "dns-recursion", 53, "udp", "domain", peers = function() return { ["udp/53"] = peers.dns { ["*"] = { flags = 0x8180 } } } end, has = "Recursion is offered" },
  { "dns-recursion", 53, "udp", "domain", peers = function() return { ["udp/53"] = peers.dns { ["*"] = { flags = 0x8185 } } } end, text = "" },
  { "dns-service-discovery", 5353, "udp", "mdns", peers = function() return { ["udp/5353"] = mdns_server() } end, has = { "8080/tcp http", "name: front page", "path=/" }, told = { name = "mdns" } },
  { "dns-version", 53, "udp", "domain", peers = function()
    return { ["udp/53"] = peers.dns { ["version.bind"] = { answers = { peers.record("version.bind", TXT, CHAOS, "\14unbound 1.17.1") } } } }
  end, has = "unbound 1.17.1 (version.bind)", told = { product = "NLnet Labs Unbound", version = "1.17.1" } },
  { "docker-version", 2375, "tcp", "docker", peers = function()
    return { ["tcp/2375"] = peers.http { ["/version"] = { body = '{"Version":"24.0.7","ApiVersion":"1.43","Os":"linux","Arch":"amd64"}' } } }
  end, has = "ApiVersion: 1.43", told = { product = "Docker Engine", version = "24.0.7" } },
  { "elasticsearch-info", 9200, "tcp", "wap-wsp", peers = function()
    return { ["tcp/9200"] = peers.http { ["/"] = { body = '{"name":"n1","cluster_name":"docs","version":{"number":"8.13.4"},"tagline":"You Know, for Search"}' } } }
  end, has = "cluster_name: docs", told = { product = "Elasticsearch REST API", version = "8.13.4" } },
  { "etcd-info", 2379, "tcp", "etcd-client", peers = function() return { ["tcp/2379"] = peers.http { ["/version"] = { body = '{"etcdserver":"3.4.23","etcdcluster":"3.4.0"}' } } } end,
    has = "etcdcluster: 3.4.0", told = { product = "etcd", version = "3.4.23" } },
  { "http-generator", 80, "tcp", "http", peers = function() return { ["tcp/80"] = peers.http { ["/"] = { body = '<html><META content="Hugo 0.1 &amp; co" name=generator>' } } } end,
    has = "Hugo 0.1 & co" },
  { "http-server-header", 80, "tcp", "http", peers = function() return { ["tcp/80"] = peers.http { ["/"] = { body = "x", header = { Server = "nginx/1.22.1 (Debian)" } } } } end,
    has = "nginx/1.22.1", told = { product = "nginx", version = "1.22.1", extrainfo = "Debian" } },
  { "http-title", 80, "tcp", "http", peers = function() return { ["tcp/80"] = peers.http { ["/"] = { body = "<html><title>\n a &lt;b&gt;\tc </title>" } } } end, has = "a <b> c" },
  { "http-title", 80, "tcp", "http", peers = function()
    return { ["tcp/80"] = peers.http { ["/"] = { status = "302 Found", body = "", header = { Location = "/in" } }, ["/in"] = { body = "<title>inside</title>" } } }
  end, has = { "inside", "found at http://127.0.0.1/in" } },
  { "http-title", 80, "tcp", "http", peers = function()
    return { ["tcp/80"] = peers.http { ["*"] = { status = "301 Moved", body = "", header = { Location = "https://other.example/" } } } }
  end, has = "(leads to https://other.example/, not followed)" },
  { "iax2-version", 4569, "udp", "iax2", known = {}, peers = function() return { ["udp/4569"] = says { pong } } end, text = "", told = { name = "iax2" } },
  { "ike-version", 500, "udp", "isakmp", peers = function()
    return { ["udp/500"] = turns(says { ike_answer { { 41, "\0\0\0\14" } } }, says { ike_answer { { 1, ("\0"):rep(16) }, { 13, STRONGSWAN } } }) }
  end, has = { "IKEv2: no proposal chosen", "IKEv1: accepts a proposal", "strongSwan" }, told = { product = "strongSwan" } },
  { "ipp-info", 631, "tcp", "ipp", peers = function() return { ["tcp/631"] = peers.http { ["/"] = { body = PRINTERS, header = { Server = "CUPS/2.4 IPP/2.1" } } } } end,
    has = { "office: Example Laser 400 (idle)", "cups-version: 2.4.2" }, told = { product = "CUPS", version = "2.4.2" } },
  { "jdwp-version", 5005, "tcp", "jdwp", peers = function()
    local data = (">s4I4I4s4s4"):pack("Java Debug Wire Protocol version 17.0", 17, 0, "17.0.10", "OpenJDK 64-Bit Server VM")
    return { ["tcp/5005"] = says { "JDWP-Handshake", (">I4I4BI2"):pack(#data + 11, 1, 0x80, 0) .. data } }
  end, has = "Java Debug Wire Protocol version 17.0", told = { product = "OpenJDK 64-Bit Server VM", version = "17.0.10" } },
  { "ldap-rootdse", 389, "tcp", "ldap", peers = function()
    return { ["tcp/389"] = says { dse { { "namingContexts", "dc=example" }, { "configContext", "cn=config" }, { "supportedLDAPVersion", "2", "3" }, { "objectGUID", "\0\1\2" } } } }
  end, has = { "namingContexts: dc=example", "objectGUID: 0x000102" }, told = { product = "OpenLDAP" } },
  { "memcached-info", 11211, "tcp", "memcached", peers = function() return { ["tcp/11211"] = says { "STAT pid 7\r\nSTAT uptime 65\r\nSTAT version 1.6.18\r\nEND\r\n" } } end,
    has = { "Uptime: 1m05s", "Version: 1.6.18" }, told = { product = "Memcached", version = "1.6.18" } },
  { "modbus-info", 502, "tcp", "modbus", peers = function()
    local pdu = "\43\14\1\1\0\0\3" .. "\0" .. ("s1"):pack "Example Automation" .. "\1" .. ("s1"):pack "EA-340" .. "\2" .. ("s1"):pack "v2.60"
    return { ["tcp/502"] = says { (">I2I2I2B"):pack(1, 0, #pdu + 1, 255) .. pdu } }
  end, has = "ProductCode: EA-340", told = { product = "Example Automation EA-340", version = "v2.60" } },
  { "mongodb-info", 27017, "tcp", "mongodb", peers = function()
    local hello = bson.encode { { "maxWireVersion", 17 }, { "setName", "rs0" }, { "ok", 1 } }
    local build = bson.encode { { "version", "6.0.13" }, { "ok", 1 } }
    return { ["tcp/27017"] = says { mongo(1, hello), mongo(2013, build) } }
  end, has = { "version: 6.0.13", "replicaSet: rs0" }, told = { product = "MongoDB", version = "6.0.13" } },
  { "mqtt-info", 1883, "tcp", "mqtt", peers = function()
    return { ["tcp/1883"] = says { "\32\2\0\0", "\x90\3\0\1\0" .. mqtt.packet(3, 0, (">s2"):pack "$SYS/broker/version" .. "mosquitto version 2.0.11") } }
  end, has = { "connect: accepted", "mosquitto version 2.0.11" }, told = { product = "mosquitto", version = "2.0.11" } },
  { "mqtt-info", 1883, "tcp", "mqtt", known = {}, peers = function() return { ["tcp/1883"] = says { "\32\2\0\5" } } end, has = "connect: not authorized", told = { name = "mqtt" } },
  { "mysql-info", 3306, "tcp", "mysql", peers = function()
    local body = "\10" .. "5.5.5-10.11.6-MariaDB\0" .. ("<I4"):pack(31) .. "saltsalt\0" .. ("<I2BI2I2B"):pack(0xFFFE, 45, 2, 0x81FF, 21) .. ("\0"):rep(10) .. "moresaltmore\0mysql_native_password\0"
    return { ["tcp/3306"] = says({}, peers.mysql_packet(0, body)) }
  end, has = { "Thread ID: 31", "SSL", "Auth Plugin Name: mysql_native_password" }, told = { product = "MariaDB", version = "10.11.6" } },
  { "mysql-info", 3306, "tcp", "mysql", known = {}, peers = function()
    return { ["tcp/3306"] = says({}, peers.mysql_packet(0, "\255\105\4Host 'x' is not allowed to connect to this MySQL server")) }
  end, has = { "Error code: 1129", "is not allowed" }, told = { name = "mysql" } },
  { "ntp-info", 123, "udp", "ntp", peers = function()
    return { ["udp/123"] = turns(says { NTP_TIME }, says { ntp_variables 'version="ntpd 4.2.8p15@1.3728-o", system="Linux/6.1.0", leap=0' }) }
  end, has = { "stratum: 2", "reference: 192.0.2.1", "system: Linux/6.1.0" }, told = { product = "NTP", version = "4.2.8p15", ostype = "Linux" } },
  { "ntp-info", 123, "udp", "ntp", peers = function() return { ["udp/123"] = turns(says { NTP_TIME }, says { ntp_variables 'leap=3, stratum=16,\r\nversion="ntpd ntpsec-1.2.2"' }) } end,
    has = "version: ntpd ntpsec-1.2.2", told = { product = "NTPsec", version = "1.2.2" } },
  { "openvpn-version", 1194, "udp", "openvpn", peers = function() return { ["udp/1194"] = says { openvpn_answer } } end, text = "", told = { product = "OpenVPN" } },
  { "openvpn-version", 1194, "udp", "openvpn", peers = function() return { ["udp/1194"] = says { function(data) return data end } } end, text = "", untold = true },
  { "pgsql-info", 5432, "tcp", "postgresql", peers = function()
    local body = "SFATAL\0VFATAL\0C0A000\0Munsupported frontend protocol 65363.19778: server supports 3.0 to 3.0\0Fpostmaster.c\0L2195\0RProcessStartupPacket\0\0"
    return { ["tcp/5432"] = turns(says { "E" .. (">I4"):pack(#body + 4) .. body }, says { "S" }) }
  end, has = { "ssl: true", "protocols: 3.0 to 3.0", "postmaster.c:2195" }, told = { product = "PostgreSQL DB" } },
  { "rdp-info", 3389, "tcp", "ms-wbt-server", known = {}, peers = function()
    return { ["tcp/3389"] = turns(says { rdp_answer(3, 5) }, says { rdp_answer(3, 5) }, says { rdp_answer(2, 2) }) }
  end, has = { "RDP: no (CredSSP is required)", "CredSSP (NLA): yes" }, told = { name = "ms-wbt-server" } },
  { "redis-info", 6379, "tcp", "redis", peers = function()
    local text = "# Server\r\nredis_version:7.0.15\r\nos:Linux 6.1.0 x86_64\r\nuptime_in_seconds:65\r\nrole:master\r\n"
    return { ["tcp/6379"] = says { ("$%d\r\n%s\r\n"):format(#text, text) } }
  end, has = { "Version: 7.0.15", "Uptime: 1m05s", "Role: master" }, told = { product = "Redis key-value store", version = "7.0.15", ostype = "Linux" } },
  { "redis-info", 6379, "tcp", "redis", known = {}, peers = function() return { ["tcp/6379"] = says { "-NOAUTH Authentication required.\r\n" } } end, has = "login is required", told = { name = "redis" } },
  { "rpc-grind", 2049, "tcp", "rpc", peers = function() return { ["tcp/2049"] = rpc_server(100003, 3, 4) } end,
    has = { "programs asked: 3", "nfs (100003) versions 3-4" }, told = { version = "3-4", extrainfo = "RPC #100003" } },
  { "rpc-grind", 32765, "udp", "status", known = {}, peers = function() return { ["udp/32765"] = rpc_server(100024, 1, 1) } end, has = "status (100024) versions 1-1",
    told = { name = "status" } },
  { "rpc-grind", 2049, "tcp", "nfs", peers = function() return {} end, known_rpc = { asked = 1994, { program = 100003, name = "nfs", versions = "3" } },
    has = { "programs asked: 1994", "nfs (100003) version 3" }, untold = true },
  { "rpcinfo", 111, "tcp", "rpcbind", peers = function()
    return { ["tcp/111"] = says { rpc_reply(rpc_list { { 100000, 2, 6, 111 }, { 100000, 3, 6, 111 }, { 100003, 4, 6, 2049 } }) } }
  end, has = { "100000", "2049/tcp", "nfs" }, told = { name = "rpcbind", version = "2-3" } },
  { "rtsp-methods", 554, "tcp", "rtsp", peers = function() return { ["tcp/554"] = says { "RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: OPTIONS, PLAY\r\nServer: Example/1.2\r\n\r\n" } } end,
    has = { "methods: OPTIONS, PLAY", "server: Example/1.2" }, told = { product = "Example", version = "1.2" } },
  { "sip-options", 5060, "udp", "sip", peers = function()
    return { ["udp/5060"] = says { "SIP/2.0 200 OK\r\nAllow: INVITE, ACK\r\nServer: Asterisk PBX 18.20.0\r\n\r\n" } }
  end, has = { "status: 200 OK", "methods: INVITE, ACK" }, told = { product = "Asterisk", version = "18.20.0" } },
  { "sip-options", 5060, "udp", "sip", peers = function()
    return { ["udp/5060"] = says { "SIP/2.0 200 OK\r\nServer: exampled v1.0.2 (x86_64/linux)\r\n\r\n" } }
  end, has = { "status: 200 OK" }, told = { product = "exampled", version = "1.0.2" } },
  { "skypev2-version", 21041, "tcp", nil, known = { service_fp = "SF-Port21041-TCP:V=1" }, peers = function() return { ["tcp/21041"] = skype_peer() } end, text = "",
    told = { name = "skype2", product = "Skype" } },
  { "skypev2-version", 21041, "tcp", nil, known = { service_fp = "SF-Port21041-TCP:V=1" }, peers = function()
    return { ["tcp/21041"] = says { function(data) return data:find "^GET" and "HTTP/1.0 404 Not Found\r\n\r\n" or "\x9A\x65\xC3\x3C\xF0\x0F\x81\x7E\xE4\x1B" end } }
  end, text = "", untold = true },
  { "smb-protocols", 445, "tcp", "microsoft-ds", peers = function() return { ["tcp/445"] = smb_server(0x0302) } end, has = { "3.0.2", "signing: enabled, not required", "47474747-4747" } },
  { "snmp-brute", 161, "udp", "snmp", peers = function() return { ["udp/161"] = peers.snmp("monitor", { ["1.3.6.1.2.1.1.3.0"] = 100 }) } end, has = "monitor", loose = true },
  { "snmp-info", 161, "udp", "snmp", peers = function()
    return { ["udp/161"] = peers.snmp("public", { ["1.3.6.1.2.1.1.1.0"] = "Linux gw 6.1.0", ["1.3.6.1.2.1.1.5.0"] = "gw" }, "\x80\0\x1F\x88\4lab") }
  end, has = { "enterprise: Net-SNMP (8072)", "engineIDData: lab", "snmpEngineTime: 1d02h03m04s", "sysDescr: Linux gw 6.1.0" }, told = { product = "net-snmp", hostname = "gw", ostype = "Linux" } },
  { "snmp-info", 161, "udp", "snmp", args = { ["snmp.communities"] = { "private", "mine" } }, peers = function()
    return { ["udp/161"] = peers.snmp("mine", { ["1.3.6.1.2.1.1.1.0"] = "Cisco IOS Software, C880 Software, Version 15.2(4)M6, RELEASE" }) }
  end, has = "C880", told = { product = "Cisco IOS", version = "15.2(4)M6", extrainfo = "SNMPv2c; mine" } },
  { "snmp-sysdescr", 161, "udp", "snmp", peers = function()
    return { ["udp/161"] = peers.snmp("public", { ["1.3.6.1.2.1.1.1.0"] = "box", ["1.3.6.1.2.1.1.2.0"] = "1.3.6.1.4.1.8072.3", ["1.3.6.1.2.1.1.3.0"] = 6500 }) }
  end, has = { "sysDescr: box", "(Net-SNMP)", "uptime: 1m05s" } },
  { "ssh-hostkey", 22, "tcp", "ssh", peers = function() return { ["tcp/22"] = ssh_server() } end, has = { "256 SHA256:", "(ssh-ed25519)", "2048 SHA256:", "(ssh-rsa)" } },
  { "ssh2-enum-algos", 22, "tcp", "ssh", peers = function() return { ["tcp/22"] = ssh_server() } end, has = { "kex_algorithms: (1)", "curve25519-sha256", "server_host_key_algorithms: (2)" } },
  { "stun-version", 3478, "udp", "stun", peers = function() return { ["udp/3478"] = says { stun_reply } } end, has = { "Coturn-4.6.1", "127.0.0.1:40000" }, told = { product = "Coturn", version = "4.6.1" } },
  { "tls-alpn", 443, "tcp", "https", peers = function() return { ["tcp/443"] = tls_server({ [0x0303] = 0xC02F }, { "h2", "http/1.1" }) } end, has = { "h2", "http/1.1" } },
  { "tls-versions", 443, "tcp", "https", peers = function() return { ["tcp/443"] = tls_server { [0x0301] = 0x002F, [0x0303] = 0xC02F, [0x0304] = 0x1301 } } end,
    has = { "TLSv1.0: TLS_RSA_WITH_AES_128_CBC_SHA", "TLSv1.3: TLS_AES_128_GCM_SHA256", "warning: deprecated: TLSv1.0" } },
  { "tls-versions", 25, "tcp", "smtp", peers = function()
    local tls_peer = tls_server { [0x0303] = 0xC02F }
    return { ["tcp/25"] = function(say)
      local count, hear = 0, nil
      say "220-mail\r\n220 ready\r\n"
      return function(data)
        count = count + 1
        if count == 1 then
          say "250-mail\r\n250 STARTTLS\r\n"
        elseif count == 2 then
          say "220 go\r\n"
          hear = tls_peer(say)
        else
          hear(data)
        end
      end
    end }
  end, has = "TLSv1.2: TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" },
  { "upnp-info", 1900, "udp", "upnp", peers = function()
    return { ["udp/1900"] = says { "HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nLOCATION: http://127.0.0.1:5000/d.xml\r\nSERVER: Debian/11 UPnP/1.1 MiniUPnPd/2.2.1\r\n\r\n" },
      ["tcp/5000"] = peers.http { ["/d.xml"] = { body = DESCRIPTION } } }
  end, has = { "name: gateway", "model: Router 5" }, told = { product = "MiniUPnPd", version = "2.2.1", ostype = "Debian" } },
  { "vnc-info", 5900, "tcp", "vnc", peers = function() return { ["tcp/5900"] = says({ "\2\1\2" }, "RFB 003.008\n") } end, has = { "Protocol version: 3.8", "None (1)", "no login is needed" } },
  { "wireguard-info", 51820, "udp", "wireguard", args = { ["wireguard.publickey"] = WIREGUARD_KEY, ["wireguard.privatekey"] = WIREGUARD_KEY },
    peers = function() return { ["udp/51820"] = says { wireguard_response } } end, has = { "public key: " .. WIREGUARD_KEY, "answer: response" }, told = { product = "WireGuard" } },
  { "wireguard-info", 51820, "udp", "wireguard", args = { ["wireguard.publickey"] = { "short", WIREGUARD_KEY } }, peers = function()
    return { ["udp/51820"] = says { false, wireguard_cookie } }
  end, has = "answer: cookie", told = { name = "wireguard" } },
  { "wireguard-info", 51820, "udp", "wireguard", known = {}, peers = function() return { ["udp/51820"] = says { wireguard_response } } end, text = "", untold = true },
  { "wireguard-info", 51820, "udp", "wireguard", args = { ["wireguard.publickey"] = WIREGUARD_KEY }, peers = function()
    return { ["udp/51820"] = says { function(request) return request end, function(request) return ("<I4I4I4"):pack(2, 77, 1) .. ("x"):rep(80) end } }
  end, text = "", untold = true },
  { "xmpp-info", 5222, "tcp", "xmpp-client", args = { ["xmpp.servername"] = "chat.example" }, peers = function()
    return { ["tcp/5222"] = says { "<?xml version='1.0'?><stream:stream from='chat.example' version='1.0' xmlns='jabber:client'><stream:features><starttls xmlns='u'/><mechanisms xmlns='v'>" ..
      "<mechanism>PLAIN</mechanism></mechanisms><c xmlns='http://jabber.org/protocol/caps' node='http://www.process-one.net/en/ejabberd/'/></stream:features>" } }
  end, has = { "from: chat.example", "starttls", "PLAIN" }, told = { product = "ejabberd", hostname = "chat.example" } },
}

-- One run: the output, or the error that escaped.
local function run(s, made)
  mock.reset()
  mock.nmap.registry.args = s.args or {}
  mock.peers = made
  local port = (s.known and mock.port or mock.probed)(s[2], s[3], s[4], s.known)
  port.version.rpc = s.known_rpc
  return pcall(mock.run, s[1], mock.host(), port)
end

local function listed(value)
  return type(value) == "table" and value or { value }
end

local covered = {}
for _, s in ipairs(SCENARIOS) do
  covered[s[1]] = true
  local ok, text = run(s, s.peers())
  local name = ("%s %d/%s"):format(s[1], s[2], s[3])
  if not ok or text == nil then
    t.ok(false, name, ok and "the rule does not match" or text)
  else
    if s.text then
      t.equal(name, text, s.text)
    end
    for _, piece in ipairs(listed(s.has or {})) do
      t.has(name .. ": " .. piece, text, piece)
    end
  end
  local told = mock.told[#mock.told]
  for field, value in pairs(s.told or {}) do
    t.equal(name .. " tells " .. field, told and told.version[field] or "(nothing)", value)
  end
  if s.untold then
    t.equal(name .. " names nothing", #mock.told, 0)
  end
  -- A stream is a stream: the same said byte by byte is understood the same.
  if s[3] == "tcp" and s[1] ~= "skypev2-version" then
    mock.dribble = true
    local _, slowly = run(s, s.peers())
    mock.dribble = false
    t.equal(name .. " byte by byte", slowly, text)
  end
end

-- ---------------------------------------------------------------------------------------------------------------------------- hostile

local MOST_SENT, MOST_CONNECTIONS = 120, 120

-- The same peers with everything they say changed.
local function changed(made, change)
  local out = {}
  for name, peer in pairs(made) do
    out[name] = function(say, socket)
      return peer(function(bytes)
        if bytes == nil then
          return say(nil)
        end
        return say(change(bytes))
      end, socket)
    end
  end
  return out
end

-- A generator of its own: the same faults in each run.
local seed = 12345
local function random(n)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return (seed >> 8) % n + 1
end

local function flip(bytes)
  if #bytes == 0 then
    return bytes
  end
  local at = random(#bytes)
  return bytes:sub(1, at - 1) .. string.char(bytes:byte(at) ~ (1 << random(8) - 1)) .. bytes:sub(at + 1)
end

local CHANGES = {
  { "silence", 1, function() return "" end },
  { "half", 1, function(bytes) return bytes:sub(1, #bytes // 2) end },
  { "cut", 12, function(bytes) return bytes:sub(1, random(#bytes + 1) - 1) end },
  { "flipped", 40, flip },
  { "flipped twice", 20, function(bytes) return flip(flip(bytes)) end },
  { "all ones", 1, function(bytes) return ("\255"):rep(#bytes) end },
  { "zeros", 1, function(bytes) return ("\0"):rep(#bytes) end },
  { "twice", 1, function(bytes) return bytes .. bytes end },
  { "text", 1, function() return "hello\r\n\r\n" end },
  { "a long line", 1, function() return ("A"):rep(200000) end },
}

for _, s in ipairs(SCENARIOS) do
  local fault, runs = nil, 0
  for _, change in ipairs(CHANGES) do
    for _ = 1, change[2] do
      local ok, why = run(s, changed(s.peers(), change[3]))
      runs = runs + 1
      if not ok then
        fault = fault or change[1] .. ": " .. tostring(why)
      elseif #mock.sent > MOST_SENT or mock.connections > MOST_CONNECTIONS then
        fault = fault or ("%s: %d things said on %d connections"):format(change[1], #mock.sent, mock.connections)
      end
    end
  end
  -- Nobody there, and nobody who answers.
  for what, made in pairs { ["nobody"] = {}, ["mute"] = changed(s.peers(), function() return "" end) } do
    local ok, text = run(s, made)
    if not ok or (what == "nobody" and #mock.told > 0) then
      fault = fault or what .. ": " .. tostring(text)
    end
  end
  t.ok(fault == nil, ("%s %d/%s: %d broken conversations"):format(s[1], s[2], s[3], runs), fault)
end

-- ------------------------------------------------------------------------------------------------------------------------------ rules

-- What was named by its reply as something else is left alone by scripts of category version.
for name in pairs(covered) do
  local env = mock.load(name)
  local of = {}
  for _, category in ipairs(env.categories) do
    of[category] = true
  end
  if of.version and name ~= "skypev2-version" then
    local wrong
    local file = assert(io.open(env.SCRIPT_PATH))
    local rule = file:read("a"):match "\nportrule.-\n\n"
    file:close()
    for number in rule:gmatch "%d+" do
      number = tonumber(number)
      for _, protocol in ipairs { "tcp", "udp" } do
        if env.portrule(mock.host(), mock.probed(number, protocol, "no-such-service")) then
          wrong = protocol .. "/" .. number
        end
      end
    end
    t.equal(name .. " leaves alone what has another name", wrong, nil)
  end
end
mock.covered = covered

-- Each script has a scenario. ssl-cert needs a certificate of the host's: it is tested with real servers.
local file = assert(io.popen("ls " .. mock.top .. "/scripts"))
local missing = {}
for name in file:lines() do
  name = name:match "^(.*)%.nse$"
  if name and not covered[name] and name ~= "ssl-cert" then
    missing[#missing + 1] = name
  end
end
file:close()
t.equal("each script has a scenario", missing, {})

t.done()
