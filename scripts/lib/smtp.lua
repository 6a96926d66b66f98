-- smtp: commands and replies of SMTP (RFC 5321, 3207). Each command: true and the reply's text, or false and why (the reply, if there was one).
-- SPDX-License-Identifier: BSD-2-Clause
local comm = require "comm"
local stdnse = require "stdnse"

local M = {}

local MOST_REPLY = 65536

--- Codes that are right, by command (RFC 5321, section 4.3.2).
M.SMTP_CODES = {
  CONNECT = { 220 }, EHLO = { 250 }, HELO = { 250 }, MAIL = { 250 }, RCPT = { 250, 251 }, DATA = { 354 }, ["."] = { 250 }, RSET = { 250 }, VRFY = { 250, 251 },
  EXPN = { 250, 252 }, HELP = { 211, 214 }, NOOP = { 250 }, QUIT = { 221 }, STARTTLS = { 220 }, ETRN = { 250, 251, 252, 253 }, AUTH = { 235, 334 },
}

-- A whole reply has a last line with a blank, or nothing, behind its code.
local function is_whole(text)
  return text:find "^%d%d%d[ \r\n]" ~= nil and text:find "\n$" ~= nil or text:find "\n%d%d%d *[^\n-][^\n]*\n$" ~= nil or text:find "\n%d%d%d *\r?\n$" ~= nil
end

local function read_reply(socket, text)
  text = text or ""
  while not is_whole(text) and #text < MOST_REPLY do
    local ok, data = socket:receive()
    if not ok then
      return text ~= "" and text or nil, data
    end
    text = text .. data
  end
  return text
end

--- Is a reply what the command hopes for? True; false and the reply.
function M.check_reply(command, reply)
  local code = tonumber((reply or ""):match "^(%d%d%d)")
  for _, right in ipairs(M.SMTP_CODES[command:upper()] or {}) do
    if code == right then
      return true, reply
    end
  end
  return false, ("SMTP %s: %s"):format(command, (reply or "no reply"):gsub("%s+$", ""))
end

--- Connects and hears the greeting: the socket and the greeting; nil and why. Options are comm's; ssl = true: clear text and TLS are both tried.
function M.connect(host, port, opts)
  local o = {}
  for key, value in pairs(opts or {}) do
    o[key] = value
  end
  o.recv_before, o.lines = true, o.lines or 1
  local socket, reply, early, _
  if o.ssl then
    socket, reply, _, early = comm.tryssl(host, port, "", o)
  else
    socket, reply, early = comm.opencon(host, port, "", o)
  end
  if not socket then
    return nil, reply
  end
  local whole = read_reply(socket, early)
  local ok, why = M.check_reply("CONNECT", whole)
  if not ok then
    socket:close()
    return nil, why
  end
  return socket, whole
end

--- Says a command with its parameter and hears the reply, whatever it is.
function M.query(socket, command, parameter)
  local ok, why = socket:send(command .. (parameter and " " .. parameter or "") .. "\r\n")
  local reply
  if ok then
    reply, why = read_reply(socket)
  end
  return reply ~= nil, reply or why
end

local function checked(command)
  return function(socket, parameter)
    local ok, reply = M.query(socket, command, parameter)
    if not ok then
      return false, reply
    end
    return M.check_reply(command, reply)
  end
end

for name, command in pairs { ehlo = "EHLO", helo = "HELO", help = "HELP", noop = "NOOP", verify = "VRFY", expand = "EXPN", etrn = "ETRN", reset = "RSET" } do
  M[name] = checked(command)
end

local function address(text)
  return text:find "^<.*>$" and text or "<" .. text .. ">"
end

--- MAIL FROM and RCPT TO.
function M.mail(socket, from)
  return checked "MAIL"(socket, "FROM:" .. address(from))
end

function M.recipient(socket, to)
  return checked "RCPT"(socket, "TO:" .. address(to))
end

--- DATA and the message.
function M.datasend(socket, data)
  local ok, why = checked "DATA"(socket)
  if not ok then
    return false, why
  end
  ok, why = socket:send((data:gsub("\r?\n", "\r\n"):gsub("\r\n%.", "\r\n..")) .. "\r\n.\r\n")
  local reply = ok and read_reply(socket)
  if not reply then
    return false, why or "no reply"
  end
  return M.check_reply(".", reply)
end

--- STARTTLS and the handshake.
function M.starttls(socket)
  local ok, why = checked "STARTTLS"(socket)
  if ok then
    ok, why = socket:reconnect_ssl()
  end
  return ok and true or false, why
end

--- QUIT; the socket is closed.
function M.quit(socket)
  M.query(socket, "QUIT")
  socket:close()
end

--- The mechanisms of AUTH in a reply to EHLO; nil if it offers none.
function M.get_auth_mech(reply)
  local list, have = {}, {}
  for line in reply:gmatch "[^\r\n]+" do
    local names = line:upper():match "^%d%d%d[ -]AUTH[ =](.*)$"
    for name in (names or ""):gmatch "%S+" do
      if not have[name] then
        have[name] = true
        list[#list + 1] = name
      end
    end
  end
  return #list > 0 and list or nil
end

--- The name that we say hello with: the script argument smtp.domain, else the host's own domain, else example.com.
function M.get_domain(host)
  local told = stdnse.get_script_args "smtp.domain"
  local name = type(host) == "table" and (host.targetname or host.name) or ""
  return told or name:match "([^.]+%.[^.]+)$" or "example.com"
end


return M
