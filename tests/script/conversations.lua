-- conversations: the libraries of scripts/lib that talk, each with a peer that is played.
local mock = require "mock"
local peers = require "peers"
local t = require "check"

local says = peers.says
local host = mock.host()

-- datagram ------------------------------------------------------------------------------------------------------------------------------
do
  local datagram = require "datagram"
  local udp = mock.port(7, "udp")
  local function answer(replies, options)
    mock.reset()
    mock.peers["udp/7"] = replies and peers.says(replies) or nil
    return datagram.ask(host, udp, "ask", function(data)
      return data:match "^yes%d"
    end, options), #mock.sent
  end
  t.equal("datagram: an answer", { answer { "yes1" } }, { "yes1", 1 })
  t.equal("datagram: a lost question", { answer({ false, "yes2" }, { tries = 2 }) }, { "yes2", 2 })
  t.equal("datagram: once, if not told otherwise", { answer { false, "yes2" } }, { [2] = 1 })
  t.equal("datagram: somebody else's", { answer({ "no", "no", "yes3" }, { tries = 3 }) }, { "yes3", 3 })
  t.equal("datagram: nobody", { answer(nil, { tries = 2 }) }, { [2] = 2 })
end

-- snmp: the field's interface -------------------------------------------------------------------------------------------------------------
do
  local snmp, asn1 = require "snmp", require "asn1"
  local udp = mock.port(161, "udp")
  -- An agent with a small tree; a broken one answers every question with the same entry.
  local TREE = { { "1.3.6.1.2.1.2.2.1.2.1", "lo" }, { "1.3.6.1.2.1.2.2.1.2.2", "eth0" }, { "1.3.6.1.2.1.2.2.1.2.10", "eth1" }, { "1.3.6.1.2.1.2.2.1.3.1", "x" } }
  local function agent(broken)
    return function(say)
      return function(data)
        local message = snmp.decode(data)
        local asked, found = message.pdu.bindings[1].oid, nil
        for i, row in ipairs(TREE) do
          if message.pdu.kind == 0xA0 and row[1] == asked then
            found = row
          elseif message.pdu.kind == 0xA1 and not found and (row[1]:find(asked .. ".", 1, true) == 1 or TREE[i - 1] and TREE[i - 1][1] == asked) then
            found = row
          end
        end
        found = broken and TREE[2] or found
        local bindings = asn1.sequence { asn1.sequence { asn1.oid(found and found[1] or asked), found and asn1.octets(found[2]) or asn1.null() } }
        say(asn1.sequence { asn1.integer(1), asn1.octets(message.community),
          asn1.sequence({ asn1.integer(message.pdu.id), asn1.integer(found and 0 or 2), asn1.integer(0), bindings }, 0xA2) })
      end
    end
  end
  mock.reset()
  mock.peers["udp/161"] = agent()
  local helper = snmp.Helper:new(host, udp)
  t.equal("snmp: connect", helper:connect(), true)
  local ok, response = helper:get({ reqId = 28428 }, "1.3.6.1.2.1.2.2.1.2.2")
  t.equal("snmp: get", { ok, response, snmp.fetchFirst(response) }, { true, { { "eth0", "1.3.6.1.2.1.2.2.1.2.2" } }, "eth0" })
  t.equal("snmp: what is not there", helper:get({}, "1.3.6.1.9"), false)
  t.equal("snmp: walk", { helper:walk "1.3.6.1.2.1.2.2.1.2" }, { true, { { oid = TREE[1][1], value = "lo" }, { oid = TREE[2][1], value = "eth0" }, { oid = TREE[3][1], value = "eth1" } } })
  t.equal("snmp: nothing to walk", helper:walk "1.3.6.1.3", false)
  mock.peers["udp/161"] = agent(true)
  helper:connect()
  t.equal("snmp: a walk that stands still", #select(2, helper:walk "1.3.6.1.2.1.2.2.1.2"), 1)
  mock.nmap.registry.args = { ["creds.snmp"] = ":secret" }
  t.equal("snmp: the community that was told", snmp.Helper:new(host, udp).community, "secret")
  mock.reset()
end

-- dns: query --------------------------------------------------------------------------------------------------------------------------------
do
  local dns = require "dns"
  local A, MX, TXT, PTR = 1, 15, 16, 12
  local function server()
    mock.reset()
    mock.peers["udp/53"] = peers.dns {
      ["two.example"] = { answers = { peers.record("two.example", A, 1, "\192\0\2\1"), peers.record("two.example", A, 1, "\192\0\2\2") } },
      ["mail.example"] = { answers = { peers.record("mail.example", MX, 1, "\0\10" .. peers.dns_name "mx.example") } },
      ["text.example"] = { answers = { peers.record("text.example", TXT, 1, "\1a\1b") } },
      ["1.2.0.192.in-addr.arpa"] = { answers = { peers.record("1.2.0.192.in-addr.arpa", PTR, 1, peers.dns_name "two.example") } },
      ["none.example"] = { flags = 0x8183 },
    }
  end
  server()
  t.equal("dns: an address", { dns.query("two.example", { host = "127.0.0.1" }) }, { true, "192.0.2.1" })
  t.equal("dns: all addresses", { dns.query("two.example", { host = host, retAll = true }) }, { true, { "192.0.2.1", "192.0.2.2" } })
  t.equal("dns: a mail server", { dns.query("mail.example", { host = host, dtype = "MX" }) }, { true, "10:mx.example" })
  t.equal("dns: a text", { dns.query("text.example", { dtype = "TXT" }) }, { true, "ab" })
  t.equal("dns: backwards", { dns.query(dns.reverse "192.0.2.1", { dtype = "PTR" }) }, { true, "two.example" })
  t.equal("dns: the message", select(2, dns.query("two.example", { retPkt = true })).answers[2].data, "192.0.2.2")
  t.equal("dns: no such name", { dns.query("none.example", { host = host }) }, { false, "No such name" })
  t.equal("dns: another type", { dns.query("two.example", { host = host, dtype = "AAAA" }) }, { false, "No Answers" })
  mock.reset()
  t.equal("dns: silence is asked again", { dns.query("x", { host = host, sendCount = 3 }), #mock.sent }, { false, 3 })
  t.equal("dns: no type", dns.query("x", { dtype = "NONE" }), false)
end

-- ftp ----------------------------------------------------------------------------------------------------------------------------------------
do
  local ftp = require "ftp"
  local port = mock.port(21, "tcp", "ftp")
  local function served(replies, greeting)
    mock.reset()
    mock.peers["tcp/21"] = says(replies, greeting)
    return ftp.connect(host, port)
  end
  for _, dribble in ipairs { false, true } do
    mock.dribble = dribble
    local socket, code, text, buffer = served({ "331 and?\r\n", "230-in\r\n 230 not yet\r\n230 now\r\n", "500 what\r\n", "229 Here (|||2021|)\r\n", "221 bye\r\n" }, "220-hello\r\n220-there\r\n220 you\r\n")
    t.equal("ftp: a greeting", { code, text }, { 220, "hello\nthere\nyou" })
    t.equal("ftp: a login", { ftp.auth(socket, buffer, "anonymous", "x@") }, { true, 230, "in\n 230 not yet\nnow" })
    t.equal("ftp: a command", { ftp.command(socket, buffer, "WHAT") }, { 500, "what" })
    mock.peers["tcp/2021"] = says({}, "data")
    t.ok(ftp.pasv(socket, buffer), "ftp: a data connection")
    ftp.close(socket)
    t.equal("ftp: what was said", mock.sent, { "USER anonymous\r\n", "PASS x@\r\n", "WHAT\r\n", "EPSV\r\n", "QUIT\r\n" })
  end
  mock.dribble = false
  t.equal("ftp: another's greeting", { served({}, "SSH-2.0-x\r\n") }, { [2] = "not a reply of FTP: SSH-2.0-x" })
  local socket, _, _, buffer = served({ "530 no\r\n", "502 no\r\n" }, "220 hi\r\n")
  t.equal("ftp: nobody is let in", { ftp.auth(socket, buffer, "a", "b") }, { false, 530, "no" })
  t.equal("ftp: no TLS", { ftp.starttls(socket, buffer) }, { false, "no" })
  t.equal("ftp: a reply without end", (served({}, "220-x\r\n" .. ("y\r\n"):rep(1000))), nil)
end

-- smtp, creds, irc ---------------------------------------------------------------------------------------------------------------------------
do
  local smtp = require "smtp"
  local port = mock.port(25, "tcp", "smtp")
  for _, dribble in ipairs { false, true } do
    mock.reset()
    mock.dribble = dribble
    mock.peers["tcp/25"] = says({ "250-mail\r\n250-AUTH PLAIN LOGIN\r\n250-AUTH=PLAIN\r\n250 HELP\r\n", "252 perhaps\r\n", "250 ok\r\n", "251 there\r\n", "354 go\r\n", "250 taken\r\n", "221 bye\r\n" },
      "220-mail\r\n220 ready\r\n")
    local socket, greeting = smtp.connect(host, port, { ssl = true, timeout = 5000 })
    t.equal("smtp: a greeting", greeting, "220-mail\r\n220 ready\r\n")
    local ok, reply = smtp.ehlo(socket, smtp.get_domain(host))
    t.equal("smtp: hello", { ok, smtp.get_auth_mech(reply) }, { true, { "PLAIN", "LOGIN" } })
    t.equal("smtp: refused", { smtp.verify(socket, "root") }, { false, "SMTP VRFY: 252 perhaps" })
    t.equal("smtp: a message", { smtp.mail(socket, "a@example.com"), smtp.recipient(socket, "<b@example.com>"), smtp.datasend(socket, "x\n.y") }, { true, true, true, "250 taken\r\n" })
    smtp.quit(socket)
    t.equal("smtp: what was said", mock.sent, { "EHLO example.com\r\n", "VRFY root\r\n", "MAIL FROM:<a@example.com>\r\n", "RCPT TO:<b@example.com>\r\n", "DATA\r\n", "x\r\n..y\r\n.\r\n",
      "QUIT\r\n" })
  end
  mock.dribble = false
  mock.peers["tcp/25"] = says({}, "554 no\r\n")
  t.equal("smtp: nobody is let in", { smtp.connect(host, port) }, { [2] = "SMTP CONNECT: 554 no" })
  t.equal("smtp: no mechanisms", smtp.get_auth_mech "250 HELP\r\n", nil)

  mock.reset()
  local creds = require "creds"
  mock.nmap.registry.args = { ["creds.global"] = "admin:a:b", ["creds.http"] = { "web:", ":x" } }
  local web = creds.Credentials:new({ "some-script", "http" }, host, mock.port(80, "tcp", "http"))
  local function all(credentials, state)
    local list = {}
    for cred in credentials:getCredentials(state) do
      list[#list + 1] = ("%s:%s"):format(cred.user or "", cred.pass or "")
    end
    return table.concat(list, " ")
  end
  t.equal("creds: what the user gave", all(web, creds.State.PARAM), "admin:a:b web: :x")
  web:add("found", "secret", creds.State.VALID)
  creds.Credentials:new("other", host, mock.port(81)):add("locked", "", creds.State.LOCKED)
  t.equal("creds: what was found", all(web, creds.State.VALID), "found:secret")
  t.equal("creds: of a tag", creds.Credentials:new({ "http" }, host):getTable(), { "found:secret - Valid credentials" })
  t.equal("creds: of all", creds.Credentials:new(creds.ALL_DATA, host):getTable(), { "found:secret - Valid credentials", "locked:<empty> - Account is locked" })
  t.equal("creds: of nobody", creds.Credentials:new("nobody", host):getTable(), nil)
  t.equal("irc, ssh", { require "irc".portrule(host, mock.port(6667)), require "shortport".ssh(host, mock.port(80, "tcp", "ssh")), require "shortport".ssh(host, mock.port(80)) }, { true, true, false })
end

-- tls: the field's interface -----------------------------------------------------------------------------------------------------------------
do
  local tls = require "tls"
  local hello = tls.client_hello { protocol = "TLSv1.2", record_protocol = "TLSv1.2", ciphers = { "TLS_RSA_WITH_AES_128_CBC_SHA", "NO_SUCH_SUITE", "TLS_FALLBACK_SCSV" },
    client_random = ("r"):rep(32), extensions = { server_name = tls.EXTENSION_HELPERS.server_name "a.example" } }
  t.has("tls: a hello", hello, "\22\3\3")
  t.has("tls: its suites", hello, ("r"):rep(32) .. "\0\0\4\0\x2F\x56\0\1\0")
  t.has("tls: a name", hello, "\0\0\0\14\0\12\0\0\9a.example")
  t.has("tls: curves come by themselves", hello, "\0\10\0\16\0\14\0\23")
  hello = tls.client_hello { protocol = "TLSv1.3", ciphers = { "TLS_AES_128_GCM_SHA256" } }
  t.has("tls: a hello of 1.3", hello, "\0\43\0\3\2\3\4")
  t.has("tls: its key share", hello, "\0\51\0\38\0\36\0\29\0\32")
  t.equal("tls: SSL 3 has no extensions", #tls.client_hello { protocol = "SSLv3", ciphers = { 5 } }, 5 + 4 + 2 + 32 + 1 + 4 + 2)

  local server = (">I2"):pack(0x0303) .. ("\0\0\0\1" .. ("x"):rep(28)) .. "\2id" .. (">I2B"):pack(0xC02F, 0) .. (">s2"):pack((">I2s2"):pack(16, "\0\3\2h2"))
  local key = "\3\0\23\4pubk" .. "\4\1" .. (">s2"):pack "signature"
  local flight = "\2" .. (">s3"):pack(server) .. "\12" .. (">s3"):pack(key) .. "\14\0\0\0"
  -- A message that goes on in the next record.
  local records = tls.record_write("handshake", "TLSv1.2", flight:sub(1, 60)) .. tls.record_write("handshake", "TLSv1.2", flight:sub(61)) .. tls.record_write("alert", "TLSv1.2", "\2\40")
  local i, record = tls.record_read(records, 1)
  local body = record.body[1]
  t.equal("tls: a record", { record.type, record.protocol, #record.body, record.fragment ~= nil }, { "handshake", "TLSv1.2", 1, true })
  t.equal("tls: a server's hello", { body.type, body.protocol, body.cipher, body.compressor, body.session_id, body.extensions.application_layer_protocol_negotiation },
    { "server_hello", "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "NULL", "id", "\0\3\2h2" })
  i, record = tls.record_read(records, i, record.fragment)
  t.equal("tls: it goes on", { record.body[1].type, record.body[2].type, record.fragment }, { "server_key_exchange", "server_hello_done" })
  local info = tls.KEX_ALGORITHMS[tls.cipher_info(body.cipher).kex].server_key_exchange(record.body[1].data, "TLSv1.2")
  t.equal("tls: keys", { info.type, info.strength, info.ecdhparams.curve_params.curve, info.signature.hash_algorithm, info.signature.signature_algorithm }, { "ec", 256, "secp256r1", "sha256", "rsa" })
  i, record = tls.record_read(records, i)
  t.equal("tls: an alert", { record.body[1].level, record.body[1].description, i }, { "fatal", "handshake_failure", #records + 1 })
  t.equal("tls: not all there", { tls.record_read(records:sub(1, 50), 1) }, { 1 })
  t.equal("tls: something else", { tls.record_read("HTTP/1.1 400 Bad Request\r\n", 1) }, { 1 })
  info = tls.KEX_ALGORITHMS.DHE_RSA.server_key_exchange((">s2s2s2"):pack("\0\x80" .. ("p"):rep(127), "\2", ("y"):rep(128)), "TLSv1.0")
  t.equal("tls: Diffie and Hellman", { info.type, info.strength, #info.dhparams.p }, { "dh", 1024, 129 })
  t.equal("tls: nobody's parameters", tls.KEX_ALGORITHMS.DHE_RSA.server_key_exchange "\255\255", nil)
  local function told(name)
    local suite = tls.cipher_info(name)
    return suite and ("%s %s %d %s %s %s"):format(suite.kex, suite.cipher, suite.size, tostring(suite.mode), tostring(suite.hash), tostring(suite.block_size))
  end
  t.equal("tls: suites", { told "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA", told "TLS_RSA_EXPORT_WITH_RC4_40_MD5", told "TLS_RSA_WITH_AES_256_CCM_8", told "TLS_AES_256_GCM_SHA384",
    told "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", told "TLS_RSA_WITH_NULL_SHA", told "TLS_NOTHING" },
    { "DHE_RSA 3DES 112 CBC SHA 64", "RSA_EXPORT RC4 40 nil MD5 nil", "RSA AES 256 CCM_8 SHA256 nil", "tls13 AES 256 GCM SHA384 nil", "ECDHE_RSA CHACHA20 256 POLY1305 SHA256 nil", "RSA NULL 0 nil SHA nil" })
  local count, odd = 0, {}
  for name in pairs(tls.CIPHERS) do
    count = count + 1
    if not tls.cipher_info(name) then
      odd[#odd + 1] = name
    end
  end
  t.equal("tls: all suites have a meaning", { count, odd }, { 246, {} })
  t.equal("tls: strengths", { tls.rsa_equiv("ec", 256), tls.rsa_equiv("dh", 1024), tls.rsa_equiv("ec", 253) }, { 3072, 1024, 2048 })
  mock.reset()
  mock.peers["tcp/443"] = says({}, records)
  for _, dribble in ipairs { false, true } do
    mock.dribble = dribble
    local socket = mock.nmap.new_socket()
    socket:connect(host, mock.port(443))
    local ok, buffer = tls.record_buffer(socket)
    t.equal("tls: a record from a socket", { ok, (tls.record_read(buffer, 1)) }, { true, 66 })
  end
  mock.dribble = false
end

-- Helpers: netbios, redis, rtsp, stun, upnp, dnssd -------------------------------------------------------------------------------------------
do
  local netbios = require "netbios"
  t.equal("netbios: a name", netbios.name_encode "fred", "\32EGFCEFEECACACACACACACACACACACAAA\0") -- RFC 1001, section 14.1, with a zero as suffix
  t.equal("netbios: any name, with a scope", netbios.name_encode("*", "a.bc"), "\32CK" .. ("A"):rep(30) .. "\1a\2bc\0")
  t.equal("netbios: back", { netbios.name_decode(netbios.name_encode("Server", "x.y", 0x20)) }, { "SERVER", "x.y", 0x20 })
  t.equal("netbios: no name", netbios.name_decode "abc", nil)
  local function node(names)
    return says { function(request)
      local body = string.char(#names)
      for _, row in ipairs(names) do
        body = body .. (row[1] .. (" "):rep(15)):sub(1, 15) .. (">BI2"):pack(row[2], row[3])
      end
      return request:sub(1, 2) .. (">I2I2I2I2I2"):pack(0x8400, 0, 1, 0, 0) .. request:sub(13, 46) .. (">I2I2I4s2"):pack(0x21, 1, 0, body .. "\0\17\34\51\68\85" .. ("\0"):rep(40))
    end }
  end
  mock.reset()
  mock.peers["udp/137"] = node { { "BOX", 0x00, 0x0400 }, { "LAB", 0x00, 0x8400 }, { "BOX", 0x03, 0x0400 }, { "ANNA", 0x03, 0x0400 }, { "BOX", 0x20, 0x0400 } }
  local ok, names, statistics = netbios.do_nbstat(host)
  t.equal("netbios: a node", { ok, #names, names[2], statistics:sub(1, 6) }, { true, 5, { name = "LAB", suffix = 0, flags = 0x8400 }, "\0\17\34\51\68\85" })
  t.equal("netbios: who it is", { (select(2, netbios.get_server_name(host, names))), (select(2, netbios.get_workstation_name(host, names))), (select(2, netbios.get_user_name(host, names))),
    (select(2, netbios.get_workgroup_name(host, names))) }, { "BOX", "BOX", "ANNA", "LAB" })
  t.equal("netbios: flags", netbios.flags_to_string(0x8400) .. netbios.flags_to_string(0x0400), "<group><active><unique><active>")
  mock.peers["udp/137"] = says { "rubbish", "more" }
  t.equal("netbios: rubbish", netbios.do_nbstat(host), false)
  mock.peers["udp/137"] = says { function(request)
    return request:sub(1, 2) .. (">I2I2I2I2I2"):pack(0x8500, 0, 1, 0, 0) .. "\xC0\x0C" .. (">I2I2I4s2"):pack(0x20, 1, 0, "\0\0\192\0\2\1")
  end }
  t.equal("netbios: whose name", { netbios.nbquery(host, "BOX") }, { true, { { flags = 0, ip = "192.0.2.1" } } })
end
do
  local redis = require "redis"
  mock.reset()
  mock.peers["tcp/6379"] = says { "+OK\r\n", "-ERR no\r\n", ":7\r\n", "$2\r\nab\r\n", "$-1\r\n", "*2\r\n$1\r\na\r\n:1\r\n", "*1\r\n*1\r\n", "x" }
  local helper, kinds = redis.Helper:new(host, mock.port(6379)), redis.Response.Type
  t.equal("redis: connect", helper:connect(), true)
  for _, expected in ipairs { { kinds.STATUS, "+OK" }, { kinds.ERROR, "-ERR no" }, { kinds.INTEGER, 7 }, { kinds.BULK, "ab" }, { kinds.BULK }, { kinds.MULTIBULK, { "a", 1 } } } do
    local ok, response = helper:reqCmd("X", "y")
    t.equal("redis: reply of type " .. expected[1], { ok, response.type, response.data }, { true, expected[1], expected[2] })
  end
  t.equal("redis: lists in lists", helper:reqCmd "X", false)
  t.equal("redis: what was said", mock.sent[1], "*2\r\n$1\r\nX\r\n$1\r\ny\r\n")
  helper:close()

  local rtsp = require "rtsp"
  mock.peers["tcp/554"] = says { "RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: OPTIONS\r\n\r\n", "RTSP/1.0 404 Not Found\r\nCSeq: 2\r\nContent-Length: 2\r\n\r\nno", "HTTP/1.1 400 Bad\r\n\r\n" }
  helper = rtsp.Helper:new(host, mock.port(554))
  helper:connect()
  local ok, response = helper:options()
  t.equal("rtsp: options", { ok, response.status, response.headers.Public, response.headers.public }, { true, 200, "OPTIONS", "OPTIONS" })
  ok, response = helper:describe "rtsp://h/a b"
  t.equal("rtsp: describe", { ok, response.status, response.body }, { true, 404, "no" })
  t.has("rtsp: the request", mock.sent[#mock.sent], "DESCRIBE rtsp://h/a%20b RTSP/1.0\r\nCSeq: 2\r\nAccept: application/sdp\r\n\r\n")
  t.equal("rtsp: another's answer", helper:options(), false)
  helper:close()
  t.equal("rtsp: not connected", helper:options(), false)

  local stun = require "stun"
  mock.peers["udp/3478"] = says { function(request)
    local attributes = (">I2s2"):pack(0x8022, "Soft") .. (">I2s2"):pack(0x0020, "\0\1" .. (">I2I4"):pack(40000 ~ 0x2112, 0x7F000001 ~ 0x2112A442))
    return (">I2I2"):pack(0x0101, #attributes) .. request:sub(5, 20) .. attributes
  end }
  helper = stun.Helper:new(host, mock.port(3478, "udp"))
  t.equal("stun", { helper:connect(), (select(2, helper:getExternalAddress())), (select(2, helper:getVersion())) }, { true, { ip = "127.0.0.1", port = 40000 }, "Soft" })

  local upnp = require "upnp"
  mock.peers["udp/1900"] = says { "HTTP/1.1 200 OK\r\nSERVER: Linux UPnP/1.1 x/1\r\nLOCATION: http://127.0.0.1:5000/d.xml\r\n\r\n" }
  mock.peers["tcp/5000"] = peers.http { ["/d.xml"] = { body = "<friendlyName>gateway</friendlyName>" } }
  t.equal("upnp", { upnp.Helper:new(host):queryServices() }, { true, { "Server: Linux UPnP/1.1 x/1", "Location: http://127.0.0.1:5000/d.xml", "friendlyName: gateway" } })
end

-- mysql: the field's greeting
do
  local mysql = require "mysql"
  local payload = "\10" .. "8.0.1\0" .. ("<I4"):pack(7) .. "saltsalt\0" .. ("<I2BI2I2B"):pack(0xF7FF, 33, 2, 0x81FF, 21) .. ("\0"):rep(10) .. "moresaltmore\0" .. "mysql_native_password\0"
  mock.reset()
  mock.peers["tcp/3306"] = says({}, peers.mysql_packet(0, payload))
  local socket = mock.nmap.new_socket()
  socket:connect(host, mock.port(3306))
  local ok, greeting = mysql.receiveGreeting(socket)
  t.equal("mysql: a greeting", { ok, greeting.proto, greeting.version, greeting.threadid, greeting.salt, greeting.auth_plugin_name, greeting.capabilities & mysql.Capabilities.SSL,
    greeting.extcapabilities & mysql.ExtCapabilities.SupportsPluginAuth }, { true, 10, "8.0.1", 7, "saltsaltmoresaltmore", "mysql_native_password", 0, 8 })
  mock.peers["tcp/3306"] = says({}, peers.mysql_packet(0, "\255\106\4Host is not allowed"))
  socket:connect(host, mock.port(3306))
  t.equal("mysql: a refusal", select(2, mysql.receiveGreeting(socket)), { errorcode = 1130, errormsg = "Host is not allowed" })
end

-- pop3, imap ---------------------------------------------------------------------------------------------------------------------------------
for _, dribble in ipairs { false, true } do
  local pop3, imap = require "pop3", require "imap"
  mock.reset()
  mock.dribble = dribble
  mock.peers["tcp/110"] = says({ "+OK\r\nUIDL\r\nSASL PLAIN LOGIN\r\n.\r\n" }, "+OK ready <1.2@mail.example>\r\n")
  t.equal("pop3: abilities", pop3.capabilities(host, mock.port(110)), { UIDL = {}, SASL = { "PLAIN", "LOGIN" }, APOP = {} })
  mock.peers["tcp/110"] = says({ "-ERR what\r\n" }, "+OK ready\r\n")
  t.equal("pop3: an old server", pop3.capabilities(host, mock.port(110)), {})
  mock.peers["tcp/110"] = says({}, "220 smtp\r\n")
  t.equal("pop3: another's greeting", pop3.capabilities(host, mock.port(110)), nil)
  mock.peers["tcp/143"] = says({ "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n* OK still\r\nA0001 OK done\r\n", "A0002 BAD what\r\n", ("* x\r\n"):rep(1000) }, "* OK [CAPABILITY IMAP4rev1] ready\r\n")
  local helper = imap.Helper:new(host, mock.port(143))
  t.equal("imap: connect", { helper:connect() }, { true, "* OK [CAPABILITY IMAP4rev1] ready" })
  t.equal("imap: abilities", { helper:capabilities() }, { true, { IMAP4rev1 = true, ["AUTH=PLAIN"] = true } })
  t.equal("imap: refused", { helper:command "WHAT" }, { false, "BAD what" })
  t.equal("imap: without end", { helper:command "X" }, { false, "a reply without end" })
  helper:close()
  mock.peers["tcp/143"] = says({}, "+OK pop\r\n")
  t.equal("imap: another's greeting", (helper:connect()), false)
end
mock.dribble = false

-- vnc, sip -----------------------------------------------------------------------------------------------------------------------------------
do
  local vnc, sip = require "vnc", require "sip"
  mock.reset()
  mock.peers["tcp/5900"] = says({ "\3\2\19\16", "\0\2", "\0\2" .. (">I4I4"):pack(258, 300) }, "RFB 003.008\n")
  local v = vnc.VNC:new(host, mock.port(5900))
  t.equal("vnc: a handshake", { v:connect(), (v:handshake()), v:getProtocolVersion(), v:supportsSecType(v.sectypes.VENCRYPT), v:supportsSecType(v.sectypes.NONE) }, { true, true, "3.8", true, false })
  t.equal("vnc: ways to log in", v:getSecTypesAsTable(), { "VNC Authentication (2)", "VeNCrypt (19)", "Tight (16)" })
  v:sendSecType(v.sectypes.VENCRYPT)
  t.equal("vnc: VeNCrypt", { (v:handshake_vencrypt()), v:getVencryptTypesAsTable() }, { true, { "VNC auth, Anonymous TLS (258)", "Unknown (300)" } })
  v:disconnect()
  mock.peers["tcp/5900"] = says({ "\1\16", (">I4I4c4c8"):pack(1, 0, "TGHT", "NOTUNNEL"), (">I4I4c4c8"):pack(1, 2, "STDV", "VNCAUTH_") }, "RFB 003.008\n")
  v = vnc.VNC:new(host, mock.port(5900), mock.nmap.new_socket())
  v:connect()
  v:handshake()
  v:sendSecType(v.sectypes.TIGHT)
  t.equal("vnc: Tight", { (v:handshake_tight()), v.tight }, { true, { tunnels = { { code = 0, vendor = "TGHT", signature = "NOTUNNEL" } }, types = { { code = 2, vendor = "STDV", signature = "VNCAUTH_" } } } })
  v:disconnect()
  mock.peers["tcp/5900"] = says({ "\0" .. (">s4"):pack "Too many security failures" }, "RFB 003.008\n")
  v = vnc.VNC:new(host, mock.port(5900))
  v:connect()
  t.equal("vnc: refused", { v:handshake() }, { false, "Too many security failures" })
  mock.peers["udp/5060"] = says { "SIP/2.0 404 Not Found\r\nAllow: INVITE, ACK\r\n\r\n" }
  local session = sip.Session:new(host, mock.port(5060, "udp"))
  local ok, response = session:options()
  t.equal("sip: options", { session:connect(), ok, response:getErrorCode(), response:getErrorMessage(), response:getHeader "allow", response:getHeader "X" }, { true, true, 404, "Not Found", "INVITE, ACK" })
end

-- ssh2: a key in the field's form ---------------------------------------------------------------------------------------------------------------
do
  local ssh2, asked = require "ssh2", {}
  local real, rsa = ssh2.host_key, (">s4s4s4"):pack("ssh-rsa", "\1\0\1", "\0\200" .. ("n"):rep(255))
  function ssh2.host_key(_, _, algorithm)
    asked[#asked + 1] = algorithm
    return algorithm == "rsa-sha2-256" and rsa or nil
  end
  local key = ssh2.fetch_host_key(host, mock.port(22), "ssh-rsa")
  t.equal("ssh2: a key", { key.key_type, key.bits, key.algorithm, key.fp_input == rsa, key.full_key == "ssh-rsa " .. key.key, #key.fingerprint }, { "ssh-rsa", 2048, "RSA", true, true, 16 })
  t.equal("ssh2: the names of its signatures", asked, { "rsa-sha2-512", "rsa-sha2-256" })
  t.equal("ssh2: no such key", ssh2.fetch_host_key(host, mock.port(22), "ssh-dss"), nil)
  ssh2.host_key = real
end

-- broken messages: nothing of a peer's makes a library fail --------------------------------------------------------------------------------------
do
  local seed = 4711
  local function random(n)
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    return (seed >> 8) % n + 1
  end
  local function broken(bytes)
    if random(3) == 1 then
      return bytes:sub(1, random(#bytes))
    end
    for _ = 1, random(4) do
      local at = random(#bytes)
      bytes = bytes:sub(1, at - 1) .. string.char(random(256) - 1) .. bytes:sub(at + 1)
    end
    return bytes
  end
  local function survives(name, bytes, use)
    local fault
    for _ = 1, 500 do
      local ok, why = pcall(use, broken(bytes))
      fault = fault or not ok and tostring(why) or nil
    end
    t.equal("broken: " .. name, fault, nil)
  end
  local tls, slaxml, netbios, pop3, imap, ftp, smtp = require "tls", require "slaxml", require "netbios", require "pop3", require "imap", require "ftp", require "smtp"
  local redis, rtsp, mysql = require "redis", require "rtsp", require "mysql"
  local hello = "\3\3" .. ("r"):rep(32) .. "\2id" .. (">I2B"):pack(0xC02F, 0) .. (">s2"):pack((">I2s2"):pack(43, "\3\4") .. (">I2s2"):pack(51, "\0\29" .. ("k"):rep(34)))
  local flight = "\2" .. (">s3"):pack(hello) .. "\11" .. (">s3"):pack((">s3"):pack((">s3"):pack "der")) .. "\12" .. (">s3"):pack "\3\0\23\4pubk\4\1\0\3sig" .. "\4" .. (">s3"):pack "\0\0\0\1\0\2tk"
  survives("records of TLS", tls.record_write("handshake", "TLSv1.2", flight) .. tls.record_write("alert", "TLSv1.2", "\2\40"), function(bytes)
    local i, fragment, record = 1, nil, nil
    repeat
      i, record = tls.record_read(bytes, i, fragment)
      fragment = record and record.fragment
      for _, body in ipairs(record and record.type == "handshake" and record.body or {}) do
        for _, kex in pairs { "DHE_RSA", "ECDHE_RSA", "RSA_EXPORT", "tls13" } do
          local _ = body.data and tls.KEX_ALGORITHMS[kex].server_key_exchange(body.data, "TLSv1.2")
        end
      end
    until not record
  end)
  survives("XML", '<?xml version="1.0"?><!DOCTYPE a><a xmlns:p="v"><p:b c="1 &gt; 0"/><!-- e --> f &amp;&#x41; <![CDATA[<g>]]></a>', function(bytes)
    slaxml.text_of(slaxml.parseDOM(bytes))
  end)
  local function conversation(port, greeting, use)
    return function(bytes)
      mock.reset()
      local half = random(#bytes)
      local replies = { bytes:sub(1, half), bytes:sub(half + 1), bytes }
      mock.peers["tcp/" .. port] = says(replies, greeting and bytes or nil)
      mock.peers["udp/" .. port] = says(replies)
      use(mock.port(port))
    end
  end
  survives("NetBIOS", ("\0"):rep(2) .. (">I2I2I2I2I2"):pack(0x8400, 0, 1, 0, 0) .. netbios.name_encode "*" .. (">I2I2I4s2"):pack(0x21, 1, 0, "\1" .. ("n"):rep(15) .. "\0\4\0" .. ("s"):rep(46)),
    conversation(137, false, function()
      netbios.do_nbstat(host)
      netbios.nbquery(host, "X")
    end))
  survives("POP3", "+OK ready <1.2@mail.example>\r\n+OK\r\nUIDL\r\nSASL PLAIN\r\n.\r\n", conversation(110, true, function(port)
    pop3.capabilities(host, port)
  end))
  survives("IMAP", "* OK ready\r\n* CAPABILITY IMAP4rev1\r\nA0001 OK done\r\n", conversation(143, true, function(port)
    local helper = imap.Helper:new(host, port)
    local _ = helper:connect() and helper:capabilities()
    helper:close()
  end))
  survives("FTP", "220-hello\r\n220 you\r\n331 and\r\n230 in\r\n227 x (1,2,3,4,5,6)\r\n", conversation(21, true, function(port)
    local socket, _, _, buffer = ftp.connect(host, port)
    if socket then
      ftp.auth(socket, buffer, "a", "b")
      ftp.pasv(socket, buffer)
      ftp.close(socket)
    end
  end))
  survives("SMTP", "220-mail\r\n220 ready\r\n250-x\r\n250 AUTH PLAIN\r\n", conversation(25, true, function(port)
    local socket = smtp.connect(host, port)
    if socket then
      local ok, reply = smtp.ehlo(socket, "x")
      local _ = ok and smtp.get_auth_mech(reply)
      smtp.quit(socket)
    end
  end))
  survives("Redis", "*2\r\n$1\r\na\r\n:1\r\n+OK\r\n$2\r\nab\r\n-ERR\r\n", conversation(6379, false, function(port)
    local helper = redis.Helper:new(host, port)
    helper:connect()
    for _ = 1, 3 do
      helper:reqCmd "X"
    end
    helper:close()
  end))
  survives("RTSP", "RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 4\r\nPublic: OPTIONS\r\n\r\nbody", conversation(554, false, function(port)
    local helper = rtsp.Helper:new(host, port)
    helper:connect()
    helper:options()
    helper:close()
  end))
  survives("VNC", "RFB 003.008\n\2\19\16\0\2\0\1\0\0\1\2" .. (">I4I4c4c8"):pack(1, 2, "STDV", "VNCAUTH_"), conversation(5900, true, function(port)
    local v = require "vnc".VNC:new(host, port)
    local _ = v:connect() and v:handshake() and v:handshake_vencrypt() and v:handshake_tight()
    v:disconnect()
  end))
  survives("MySQL", peers.mysql_packet(0, "\10" .. "8.0.1\0" .. ("<I4"):pack(7) .. "saltsalt\0" .. ("<I2BI2I2B"):pack(0xF7FF, 33, 2, 0x81FF, 21) .. ("\0"):rep(10) .. "moresaltmore\0plugin\0"),
    conversation(3306, true, function(port)
      local socket = mock.nmap.new_socket()
      socket:connect(host, port)
      mysql.receiveGreeting(socket)
    end))
end

t.done()
