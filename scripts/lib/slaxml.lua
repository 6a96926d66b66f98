-- slaxml: XML 1.0 as a stream of calls or as a tree, with namespaces, for what scripts are sent: no DTD is read, no entity beyond the five of XML and
-- character references is known. The interface is that of the library of this name. SPDX-License-Identifier: BSD-2-Clause
local M = {}

local MOST_DEPTH = 256
local XML = "http://www.w3.org/XML/1998/namespace"
local ENTITY = { lt = "<", gt = ">", amp = "&", quot = '"', apos = "'" }

local function character(number)
  if number and number > 0 and number < 0x110000 and (number < 0xD800 or number > 0xDFFF) then
    return utf8.char(number)
  end
end

-- References become what they stand for; unknown ones stay.
local function unescape(text)
  return (text:gsub("(&(#?)([%w]+);)", function(all, is_number, name)
    if is_number == "" then
      return ENTITY[name] or all
    end
    local hex = name:match "^[xX](%x+)$"
    return character(tonumber(hex or name, hex and 16 or 10)) or all
  end))
end

-- The prefix and the local part of a name.
local function parts(name)
  local prefix, rest = name:match "^([^:]+):(.+)$"
  return rest or name, prefix
end

local Parser = {}
Parser.__index = Parser
M.parser = Parser

--- A parser with call-backs, each of which may be left out: startElement(name, uri, prefix), attribute(name, value, uri, prefix),
-- closeElement(name, uri, prefix), text(text, is_cdata), comment(text), pi(target, text), namespace(uri, prefix).
function Parser:new(callbacks)
  return setmetatable({ calls = callbacks or {} }, self)
end

local function call(self, name, ...)
  if self.calls[name] then
    self.calls[name](...)
  end
end

-- {{name=, value=}} of what stands behind a tag's name; nil if it is malformed.
local function attributes_of(text)
  local list, at = {}, 1
  while true do
    at = text:match("^%s*()", at)
    if at > #text then
      return list
    end
    local name, quote, start = text:match("^([^%s=<>\"'/]+)%s*=%s*([\"'])()", at)
    local stop = name and text:find(quote, start, true)
    if not stop then
      return nil
    end
    list[#list + 1] = { name = name, value = unescape(text:sub(start, stop - 1)) }
    at = stop + 1
  end
end

-- An element's own declarations above those around it.
local function scope_of(attributes, outer)
  local scope = outer
  for _, attribute in ipairs(attributes) do
    local name, prefix = parts(attribute.name)
    if attribute.name == "xmlns" or prefix == "xmlns" then
      scope = scope == outer and setmetatable({}, { __index = outer }) or scope
      scope[prefix and name or ""] = attribute.value
      attribute.declares = prefix and name or ""
    end
  end
  return scope
end

local function uri_of(prefix, scope)
  local uri = scope[prefix or ""]
  return uri ~= "" and uri or nil
end

local function open(self, tag, stack)
  local name, rest = tag:match "^([^%s/>]+)(.*)$"
  local empty = rest and rest:sub(-1) == "/"
  local attributes = name and attributes_of(empty and rest:sub(1, -2) or rest)
  if not attributes or #stack >= MOST_DEPTH then
    return false
  end
  local scope = scope_of(attributes, stack[#stack] and stack[#stack].scope or { xml = XML })
  local element, prefix = parts(name)
  call(self, "startElement", element, uri_of(prefix, scope), prefix)
  for _, attribute in ipairs(attributes) do
    if attribute.declares then
      call(self, "namespace", attribute.value, attribute.declares)
    else
      local own, of = parts(attribute.name)
      call(self, "attribute", own, attribute.value, of and uri_of(of, scope), of)
    end
  end
  stack[#stack + 1] = { name = name, scope = scope }
  return not empty or "empty"
end

local function close(self, stack)
  local top = table.remove(stack)
  local element, prefix = parts(top.name)
  call(self, "closeElement", element, uri_of(prefix, top.scope), prefix)
end

-- What begins with "<" at a position: where it ends, and whether it was right.
local function markup(self, xml, at, stack)
  for _, row in ipairs { { "<!--", "-->", "comment" }, { "<![CDATA[", "]]>", "cdata" }, { "<?", "?>", "pi" } } do
    if xml:sub(at, at + #row[1] - 1) == row[1] then
      local from, to = xml:find(row[2], at + #row[1], true)
      local inside = from and xml:sub(at + #row[1], from - 1)
      if not inside then
        return nil
      elseif row[3] == "cdata" then
        call(self, "text", inside, true)
      elseif row[3] == "comment" then
        call(self, "comment", inside)
      else
        call(self, "pi", inside:match "^(%S*)%s*(.*)$")
      end
      return to + 1
    end
  end
  -- A DTD is passed over, with what it declares.
  local doctype = xml:match("^<!DOCTYPE[^%[>]*()", at)
  if doctype then
    local stop = xml:sub(doctype, doctype) == "[" and xml:find("]%s*>", doctype) or xml:find(">", doctype, true)
    return stop and xml:find(">", stop, true) + 1
  end
  local name, behind = xml:match("^</([^%s>]+)%s*>()", at)
  if name then
    if not stack[#stack] or stack[#stack].name ~= name then
      return nil
    end
    close(self, stack)
    return behind
  end
  -- ">" may stand in an attribute.
  local stop = xml:match("^<[^\"'>]*()", at)
  while stop and xml:find("^[\"']", stop) do
    local shut = xml:find(xml:sub(stop, stop), stop + 1, true)
    stop = shut and xml:match("^[^\"'>]*()", shut + 1)
  end
  if not stop or xml:sub(stop, stop) ~= ">" then
    return nil
  end
  local ok = open(self, xml:sub(at + 1, stop - 1), stack)
  if ok == "empty" then
    close(self, stack)
  end
  return ok and stop + 1 or nil
end

--- Reads a text. Options: stripWhitespace (texts lose the blanks around them, and blank ones are left out). True if all of it was well
-- formed; else false and where it was not (what came before has been told).
function Parser:parseSAX(xml, options)
  local strip = options and options.stripWhitespace
  local stack, at = {}, 1
  while at <= #xml do
    local next_tag = xml:find("<", at, true) or #xml + 1
    local text = next_tag > at and xml:sub(at, next_tag - 1)
    if text and strip then
      text = text:match "^%s*(.-)%s*$"
    end
    if text and text ~= "" and (#stack > 0 or text:find "%S" and not text:find "^\xEF\xBB\xBF%s*$") then
      call(self, "text", unescape(text), false)
    end
    if next_tag > #xml then
      break
    end
    at = markup(self, xml, next_tag, stack)
    if not at then
      return false, ("malformed at byte %d"):format(next_tag)
    end
  end
  return #stack == 0, #stack > 0 and ("%s is not closed"):format(stack[#stack].name) or nil
end

--- The tree of a text: {type = "document", kids =, root =}. Elements: {type = "element", name =, nsURI =, nsPrefix =, attr = (list of {type =
-- "attribute", name =, value =, nsURI =, nsPrefix =}, and values by name), kids =, el = (the kids that are elements), parent =}. Others: type "text"
-- (name "#text", cdata), "comment", "pi", with value. Options: as in parseSAX, simple (no parents). Of a broken text, what comes before the fault.
function M.parseDOM(xml, options)
  local document = { type = "document", name = "#doc", kids = {}, el = {} }
  local stack = { document }
  local function add(node)
    local top = stack[#stack]
    top.kids[#top.kids + 1] = node
    if not (options and options.simple) then
      node.parent = top
    end
    return node
  end
  Parser:new({
    startElement = function(name, uri, prefix)
      local node = add { type = "element", name = name, nsURI = uri, nsPrefix = prefix, attr = {}, kids = {}, el = {} }
      local top = stack[#stack]
      top.el[#top.el + 1] = node
      document.root = document.root or node
      stack[#stack + 1] = node
    end,
    attribute = function(name, value, uri, prefix)
      local attr = stack[#stack].attr
      attr[#attr + 1] = { type = "attribute", name = name, value = value, nsURI = uri, nsPrefix = prefix }
      attr[name] = value
    end,
    closeElement = function()
      stack[#stack] = nil
    end,
    text = function(text, cdata)
      add { type = "text", name = "#text", value = text, cdata = cdata or nil }
    end,
    comment = function(text)
      add { type = "comment", name = "#comment", value = text }
    end,
    pi = function(name, value)
      add { type = "pi", name = name, value = value }
    end,
  }):parseSAX(xml, options)
  return document
end

--- All the text inside a node.
function M.text_of(node)
  local pieces = {}
  local function walk(at)
    for _, kid in ipairs(at.kids or {}) do
      if kid.type == "text" then
        pieces[#pieces + 1] = kid.value
      else
        walk(kid)
      end
    end
  end
  walk(node)
  return table.concat(pieces)
end

return M
