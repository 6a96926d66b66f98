-- ftp: the control connection of FTP (RFC 959, 4217). SPDX-License-Identifier: BSD-2-Clause
local comm = require "comm"
local shortport = require "shortport"
local stdnse = require "stdnse"

local M = {}

local MOST_LINES = 500

M.portrule = shortport.port_or_service(21, { "ftp", "ftps" })

--- A reply (section 4.2): its code and its text, lines with "\n" between; nil and why. The buffer is stdnse.make_buffer's.
function M.read_reply(buffer)
  local line, why = buffer()
  if not line then
    return nil, why or "no reply"
  end
  local code, more, text = line:match "^(%d%d%d)([ -]?)(.*)$"
  if not code then
    return nil, "not a reply of FTP: " .. line:sub(1, 80)
  end
  local lines = { text }
  while more == "-" do
    line, why = buffer()
    if not line or #lines >= MOST_LINES then
      return nil, why or "a reply without end"
    end
    local last, rest = line:match("^" .. code .. "([ -]?)(.*)$")
    if last and last ~= "-" then
      more = ""
    end
    lines[#lines + 1] = rest or line
  end
  return tonumber(code), table.concat(lines, "\n")
end

--- Connects and hears the greeting: socket, code, text, buffer; nil and why. Options are those of comm.
function M.connect(host, port, opts)
  opts = opts or {}
  opts.recv_before = true
  local socket, why, _, early = comm.tryssl(host, port, "", opts)
  if not socket then
    return nil, why
  end
  -- What was heard while it was connected comes out of the buffer first.
  local read = stdnse.make_buffer(socket, "\r?\n")
  local function buffer()
    local line = early and early:match "^([^\n]*)\n"
    if line then
      early = early:sub(#line + 2)
      return (line:gsub("\r$", ""))
    end
    local rest = early or ""
    early = nil
    local text, err = read()
    return text and rest .. text, err
  end
  local code, message = M.read_reply(buffer)
  if not code then
    socket:close()
    return nil, message
  end
  return socket, code, message, buffer
end

--- Says goodbye.
function M.close(socket)
  socket:send "QUIT\r\n"
  return socket:close()
end

--- Says a command and hears the reply: code and text; nil and why.
function M.command(socket, buffer, text)
  local ok, why = socket:send(text .. "\r\n")
  if not ok then
    return nil, why
  end
  return M.read_reply(buffer)
end

--- Logs in as somebody that the script names; the reply's code and text say how it went.
function M.auth(socket, buffer, username, password, account)
  local code, text = M.command(socket, buffer, "USER " .. username)
  if code == 331 then
    code, text = M.command(socket, buffer, "PASS " .. password)
  end
  if code == 332 then
    code, text = M.command(socket, buffer, "ACCT " .. (account or ""))
  end
  if not code then
    return nil, nil, text
  end
  return code == 230 or code == 202, code, text
end

--- Puts TLS over the connection: true and a new buffer; false and why.
function M.starttls(socket, buffer)
  local code, text = M.command(socket, buffer, "AUTH TLS")
  if code ~= 234 then
    return false, text or "AUTH TLS was refused"
  end
  local ok, why = socket:reconnect_ssl()
  if not ok then
    return false, why
  end
  return true, stdnse.make_buffer(socket, "\r?\n")
end

--- A data connection that the server waits for (EPSV, RFC 2428, else PASV): the socket; nil and why. Always to the same host, whatever it says.
function M.pasv(socket, buffer)
  local code, text = M.command(socket, buffer, "EPSV")
  local number = code == 229 and tonumber((text:match "%(|||(%d+)|%)"))
  if not number then
    code, text = M.command(socket, buffer, "PASV")
    local high, low = (code == 227 and text or ""):match "%d+,%d+,%d+,%d+,(%d+),(%d+)"
    number = high and tonumber(high) * 256 + tonumber(low)
  end
  local ok, _, _, address = socket:get_info()
  if not number or number > 65535 or not ok then
    return nil, text or "no data connection"
  end
  return comm.opencon(address, number, nil, { proto = "tcp" })
end

return M
