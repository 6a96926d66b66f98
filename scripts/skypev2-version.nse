local formulas = require "formulas"
local lpeg_utility = require "lpeg-utility"
local naming = require "naming"
local stdnse = require "stdnse"
local stream = require "stream"

description = [[
Finds a peer of Skype 2, which hides: to a web browser it looks like a web server that has nothing, to anybody else it answers with bytes that look random.

No single reply tells: two different questions are asked, on two connections, and the replies are compared. It is Skype if a request of HTTP gets the bare refusal of a web server (404, no other field,
no body), while another text gets bytes that are no text, look random and do not begin the same when they are asked for again. Runs only on tcp ports that version detection could not name, or
named only as a web server without product; what version detection heard already is used instead of the first question.
]]

---
-- @usage descry -sV -p- HOST
--
-- @output
-- 21041/tcp open skype2 Skype

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "safe", "version" }

local HTTP, OTHER = "GET / HTTP/1.0\r\n\r\n", "HELP\r\n\r\n"
local REFUSAL = "HTTP/1.0 404 Not Found\r\n\r\n"
local LEAST, MOST = 8, 1024 -- bytes of an answer that hides

-- What is certainly named by somebody else is left alone. Skype listens on 80 and 443, too.
portrule = naming.rule { services = { "http", "unknown", "skype2" }, unnamed = true }

local function ask(host, port, text)
  local s = stream.open(host, port, { proto = "tcp" })
  if not s then
    return nil
  end
  local reply = s:ask(text)
  s:close()
  return reply
end

-- Bytes, no text; about as many ones as zeros.
local function hides(reply)
  return reply ~= nil and #reply >= LEAST and #reply <= MOST and reply:find "[%z\1-\8\14-\31\127-\255]" ~= nil and formulas.looksRandom(reply)
end

action = function(host, port)
  local refusal = lpeg_utility.get_response(port.version.service_fp, "GetRequest") or ask(host, port, HTTP)
  if refusal ~= REFUSAL then
    return nil
  end
  local first = ask(host, port, OTHER)
  if not hides(first) then
    return nil
  end
  -- A protocol that is merely binary says the same again.
  local second = ask(host, port, OTHER)
  if not hides(second) or second:sub(1, LEAST) == first:sub(1, LEAST) then
    return nil
  end
  stdnse.debug1("two answers of %d and %d bytes", #first, #second)
  naming.tell(host, port, { name = "skype2", product = "Skype", rename = true })
  return nil
end
