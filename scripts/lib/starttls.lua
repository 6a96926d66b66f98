-- starttls: what is said in clear text until TLS may begin, by service. SPDX-License-Identifier: BSD-2-Clause
--
-- Each is a function of a stream (and the host) that returns true when the next byte may be a ClientHello.
local asn1 = require "asn1"

local M = {}

-- RFC 3207: greeting, EHLO, STARTTLS; lines of a reply but the last have a "-" behind the code.
local function smtp_reply(s)
  for _ = 1, 40 do
    local line = s:line()
    if not line then
      return nil
    end
    local code, more = line:match("^(%d%d%d)([ -]?)")
    if more ~= "-" then
      return code
    end
  end
end

local function smtp(s)
  return smtp_reply(s) == "220" and s:send "EHLO descry.invalid\r\n" and smtp_reply(s) == "250" and s:send "STARTTLS\r\n" and smtp_reply(s) == "220"
end

-- RFC 4217.
local function ftp(s)
  return smtp_reply(s) == "220" and s:send "AUTH TLS\r\n" and smtp_reply(s) == "234"
end

-- RFC 4642.
local function nntp(s)
  local greeting = smtp_reply(s)
  return (greeting == "200" or greeting == "201") and s:send "STARTTLS\r\n" and smtp_reply(s) == "382"
end

-- RFC 2595.
local function pop3(s)
  local greeting = s:line()
  return greeting and greeting:find "^%+OK" and s:send "STLS\r\n" and (s:line() or ""):find "^%+OK" ~= nil
end

local function imap(s)
  if not (s:line() or ""):find "^%* OK" or not s:send "a1 STARTTLS\r\n" then
    return false
  end
  for _ = 1, 10 do
    local line = s:line()
    if not line or line:find "^a1 " then
      return line ~= nil and line:find "^a1 OK" ~= nil
    end
  end
end

-- PostgreSQL's protocol, "SSL Session Encryption": one byte answers.
local function postgresql(s)
  return s:ask((">I4I4"):pack(8, 80877103), 1) == "S"
end

-- RFC 4511, section 4.14.
local function ldap(s)
  local request = asn1.sequence { asn1.integer(1), asn1.sequence({ asn1.octets("1.3.6.1.4.1.1466.20037", 0x80) }, 0x77) }
  if not s:send(request) then
    return false
  end
  local data = ""
  while true do
    local element, total = asn1.whole(data)
    if element then
      local items = asn1.items(element)
      local result = items and items[2] and asn1.items(items[2])
      return result ~= nil and asn1.to_integer(result[1]) == 0
    end
    local more = total ~= "bad" and #data < 4096 and s:any()
    if not more then
      return false
    end
    data = data .. more
  end
end

-- RFC 6120, section 5.
local function xmpp(s, host)
  return s:send(require("xmpp").header(host, "jabber:client")) and s:through "</stream:features>" and s:send '<starttls xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>' and
    (s:through(">") or ""):find "<proceed" ~= nil
end

-- MySQL: the short form of the login packet says only that TLS comes. CLIENT_SSL is 0x0800.
local function mysql(s)
  local header = s:exactly(4)
  local greeting = header and s:exactly(((("<I3"):unpack(header))))
  return greeting ~= nil and greeting:byte(1) == 10 and s:send(("<I3BI4I4B"):pack(32, 1, 0x8A00 | 0x0800, 0xffffff, 33) .. ("\0"):rep(23))
end

-- MS-RDPBCGR 2.2.1.1: the negotiation of RDP, then TLS.
local function rdp(s)
  local request = "\3\0\0\19\14\224\0\0\0\0\0\1\0\8\0\3\0\0\0"
  local reply = s:ask(request, 19)
  return reply ~= nil and reply:byte(12) == 2 and reply:byte(16) > 0
end

local OF = { smtp = smtp, submission = smtp, ftp = ftp, pop3 = pop3, imap = imap, nntp = nntp, postgresql = postgresql, ldap = ldap, xmpp = xmpp,
  ["xmpp-client"] = xmpp, jabber = xmpp, mysql = mysql, ["ms-wbt-server"] = rdp }

--- The way of a port's service into TLS; nil if it has none.
function M.of(port)
  return OF[port.service or ""] or OF[port.version and port.version.name or ""]
end

--- Can a port's service be talked into TLS?
function M.has(port)
  return M.of(port) ~= nil
end

return M
