-- datagram: a question over udp, and the answer that belongs to it. SPDX-License-Identifier: BSD-2-Clause
local nmap = require "nmap"
local stdnse = require "stdnse"

local M = {}

--- Asks on a connected socket: sends a text (or what a function of the socket makes for each try) and hears until `read` makes something of a
-- datagram, which is the result; nil if nothing came of it. Options: tries (1: how often it is sent, where all is silent), most (4: datagrams
-- that are read for each).
function M.on(socket, question, read, options)
  options = options or {}
  for _ = 1, options.tries or 1 do
    if not socket:send(type(question) == "function" and question(socket) or question) then
      return nil
    end
    for _ = 1, options.most or 4 do
      local ok, data = socket:receive()
      if not ok and data ~= "TIMEOUT" then
        return nil
      elseif not ok then
        break
      end
      local answer = read(data)
      if answer then
        return answer
      end
    end
  end
end

--- A socket for several questions; nil if there is none. timeout: milliseconds for an answer at most (3000), less where the host is near.
function M.open(host, port, timeout)
  local socket = nmap.new_socket "udp"
  socket:set_timeout(stdnse.get_timeout(host, timeout or 3000))
  if socket:connect(host, port, "udp") then
    return socket
  end
  socket:close()
end

--- One question on a socket of its own. Options as in on, and timeout as in open.
function M.ask(host, port, question, read, options)
  local socket = M.open(host, port, options and options.timeout)
  if not socket then
    return nil
  end
  local answer = M.on(socket, question, read, options)
  socket:close()
  return answer
end

return M
