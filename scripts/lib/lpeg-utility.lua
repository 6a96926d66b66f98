-- lpeg-utility: small grammars that scripts share. SPDX-License-Identifier: BSD-2-Clause
--
-- What needs LPeg asks for it when it is called, so that the library can be loaded where LPeg is not.
local M = {}

local function lpeg()
  return require "lpeg"
end

--- A pattern that matches a text in upper and lower case.
function M.caseless(text)
  local l = lpeg()
  local pattern = l.P(true)
  for i = 1, #text do
    local c = text:sub(i, i)
    pattern = pattern * (c:lower() ~= c:upper() and l.S(c:lower() .. c:upper()) or l.P(c))
  end
  return pattern
end

--- A pattern of a grammar in which the classes of characters (alpha, digit, space, ...) have their names.
function M.localize(grammar)
  local l = lpeg()
  for name, class in pairs(l.locale()) do
    grammar[name] = grammar[name] or class
  end
  return l.P(grammar)
end

--- A pattern that finds another anywhere.
function M.anywhere(pattern)
  local l = lpeg()
  return l.P { l.P(pattern) + 1 * l.V(1) }
end

--- The captures of what a pattern matches, as an array; text between is passed over.
function M.get_all(pattern)
  local l = lpeg()
  return l.Ct((l.P(pattern) + 1) ^ 0)
end

--- The pieces of a text between matches of a pattern, as a capture table.
function M.split(text, separator)
  local l = lpeg()
  separator = l.P(separator)
  local piece = l.C((1 - separator) ^ 0)
  return l.match(l.Ct(piece * (separator * piece) ^ 0), text)
end

--- A quoted text with escapes; the capture is what it means.
function M.escaped_quote(quote, escape)
  local l = lpeg()
  quote, escape = quote or '"', escape or "\\"
  local inner = l.Cs((l.P(escape) / "" * l.P(1) + (1 - l.P(quote))) ^ 0)
  return l.P(quote) * inner * l.P(quote)
end

local UNESCAPE = { n = "\n", r = "\r", t = "\t", ["0"] = "\0" }

-- The text of a quoted string that begins behind its quote; and where its end is.
local function unquote(text, at)
  local out = {}
  while true do
    local stop = text:find('["\\]', at)
    if not stop then
      return nil
    end
    out[#out + 1] = text:sub(at, stop - 1)
    if text:sub(stop, stop) == '"' then
      return table.concat(out), stop + 1
    end
    local hex = text:match("^x(%x%x)", stop + 1)
    local letter = text:sub(stop + 1, stop + 1)
    out[#out + 1] = hex and string.char(tonumber(hex, 16)) or UNESCAPE[letter] or letter
    at = stop + (hex and 4 or 2)
  end
end

-- The texts of a service fingerprint (SF-...:%r(Probe,length,"text")...) by the name of the probe. It is wrapped into lines "SF:...".
local function parse_fp(fp)
  local whole = fp:gsub("\r?\nSF:", "")
  local texts, at = {}, 1
  while true do
    local _, last, name = whole:find('%%r%(([%w_-]+),%x+,"', at)
    if not last then
      return texts
    end
    local text, after = unquote(whole, last + 1)
    if not text then
      return texts
    end
    texts[name] = texts[name] or text
    at = after
  end
end

--- What a service answered to a probe, of its fingerprint (port.version.service_fp); nil if it has none.
function M.get_response(fp, probe)
  return fp and parse_fp(fp)[probe] or nil
end

M.parse_fp = parse_fp

return M
