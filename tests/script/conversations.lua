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

t.done()
