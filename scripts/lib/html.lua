-- html: the few things of a page that scripts look for, without a parser: attributes and titles as real pages write them.
-- SPDX-License-Identifier: BSD-2-Clause
local M = {}

local MOST = 262144 -- bytes of a page that are searched

local ENTITY = { lt = "<", gt = ">", amp = "&", quot = '"', apos = "'", nbsp = " ", copy = "©", reg = "®", ndash = "–", mdash = "—", raquo = "»", laquo = "«",
  hellip = "…", bull = "•", middot = "·", auml = "ä", ouml = "ö", uuml = "ü", Auml = "Ä", Ouml = "Ö", Uuml = "Ü", szlig = "ß", eacute = "é", egrave = "è" }

--- Character references as the characters they stand for; unknown ones stay.
function M.unescape(text)
  text = text:gsub("&#([xX]?)(%x+);", function(x, digits)
    local code = tonumber(digits, x == "" and 10 or 16)
    return code and #digits <= 7 and code >= 32 and code <= 0x10FFFF and (code < 0xD800 or code > 0xDFFF) and utf8.char(code) or nil
  end)
  return (text:gsub("&(%a+);", ENTITY))
end

local function squeezed(text)
  return (M.unescape(text):gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

--- The text of the first title element, blanks squeezed; nil without one.
function M.title(page)
  page = page:sub(1, MOST)
  local lower = page:lower()
  local _, open = lower:find("<title[^>]*>")
  local close = open and lower:find("</title", open + 1, true)
  if not close then
    return nil
  end
  return squeezed(page:sub(open + 1, close - 1))
end

--- The value of an attribute of a tag's text; nil without it.
function M.attribute(tag, name)
  local lower = tag:lower()
  local _, last = lower:find("[%s\"'/]" .. name:lower() .. "%s*=%s*")
  if not last then
    return nil
  end
  local value = tag:match("^\"([^\"]*)\"", last + 1) or tag:match("^'([^']*)'", last + 1) or tag:match("^[^%s\"'>]+", last + 1)
  return value and squeezed(value)
end

--- The contents of all meta elements of a name: <meta name="generator" content="...">.
function M.meta(page, name)
  page = page:sub(1, MOST)
  local lower, at, found = page:lower(), 1, {}
  while #found < 20 do
    local first = lower:find("<meta[%s/]", at)
    local last = first and lower:find(">", first, true)
    if not last then
      return found
    end
    local tag = page:sub(first, last)
    if (M.attribute(tag, "name") or ""):lower() == name:lower() then
      found[#found + 1] = M.attribute(tag, "content")
    end
    at = last + 1
  end
  return found
end

--- The first so many bytes of a text, not ending inside a character of UTF-8.
function M.shorten(text, most)
  if #text <= most then
    return text
  end
  while most > 0 and text:byte(most + 1) >= 0x80 and text:byte(most + 1) < 0xC0 do
    most = most - 1
  end
  return text:sub(1, most)
end

return M
