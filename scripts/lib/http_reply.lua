-- http_reply: the reading of a response of HTTP/1.x from a stream (RFC 9112), bounded in every part. SPDX-License-Identifier: BSD-2-Clause
local have_zlib, zlib = pcall(require, "zlib")

local M = {}

local MAX_LINE, MAX_HEADER, MAX_FIELDS = 16384, 65536, 200

-- RFC 9112, section 7.1: chunks until one of length 0. Returns the body and whether it is whole.
local function read_chunks(input, most)
  local pieces, have = {}, 0
  while true do
    local line = input:line(MAX_LINE)
    local digits = line and line:match("^%s*(%x+)")
    local size = digits and #digits <= 8 and tonumber(digits, 16)
    if not size then
      return table.concat(pieces), false
    end
    if size == 0 then
      -- Trailer fields are read over.
      for _ = 1, MAX_FIELDS do
        local trailer = input:line(MAX_LINE)
        if not trailer or trailer == "" then
          break
        end
      end
      return table.concat(pieces), true
    end
    local wanted = math.min(size, most - have)
    local piece = input:atmost(wanted)
    pieces[#pieces + 1] = piece
    have = have + #piece
    if #piece < size then
      return table.concat(pieces), false
    end
    input:line(MAX_LINE)
  end
end

local function read_header(input)
  local header, raw, total = {}, {}, 0
  while true do
    local line, why = input:line(MAX_LINE)
    if not line then
      return nil, why
    end
    if line == "" then
      return header, raw
    end
    total = total + #line
    if total > MAX_HEADER or #raw >= MAX_FIELDS then
      return nil, "too many header fields"
    end
    raw[#raw + 1] = line
    local name, value = line:match("^([^%s:]+)%s*:%s*(.-)%s*$")
    if name then
      name = name:lower()
      header[name] = header[name] and header[name] .. ", " .. value or value
    end
  end
end

-- RFC 6265, section 5.2.
local function parse_cookies(raw)
  local cookies = {}
  for _, line in ipairs(raw) do
    local text = line:match("^[Ss][Ee][Tt]%-[Cc][Oo][Oo][Kk][Ii][Ee]%s*:%s*(.*)$")
    if text then
      local name, value = text:match("^%s*([^=;]*)=([^;]*)")
      if name and name ~= "" then
        local cookie = { name = name, value = value }
        for piece in (text:match(";(.*)$") or ""):gmatch("[^;]+") do
          local key, said = piece:match("^%s*([^=]-)%s*=%s*(.-)%s*$")
          key, said = key or piece:match("^%s*(.-)%s*$"), said or true
          if key ~= "" and key:lower() ~= "name" and key:lower() ~= "value" then
            cookie[key:lower()] = said
          end
        end
        cookies[#cookies + 1] = cookie
      end
    end
  end
  return cookies
end

--- What stands for a response that did not come.
function M.failure(why, partial)
  return { ["status-line"] = "Error: " .. tostring(why), header = {}, rawheader = {}, cookies = {}, body = "", incomplete = partial }
end

local WITHOUT_BODY = { [204] = true, [304] = true }

local function unpack_body(response, most)
  local coding = (response.header["content-encoding"] or ""):lower()
  if not have_zlib or (coding ~= "gzip" and coding ~= "deflate" and coding ~= "x-gzip") then
    return
  end
  local ok, packed = pcall(zlib.inflate, response.body)
  local unpacked
  if ok then
    ok, unpacked = pcall(function()
      return packed:read(most)
    end)
  end
  if ok and unpacked then
    response.rawbody, response.body, response.decoded = response.body, unpacked, { coding }
  else
    response.undecoded = { coding }
  end
end

--- One response of a stream. `method` decides whether there is a body.
function M.read(input, method, most)
  local line, why
  local header, raw, status, version
  -- 1xx responses only announce the real one.
  for _ = 1, 5 do
    line, why = input:line(MAX_LINE)
    if not line then
      return M.failure(why)
    end
    version, status = line:match("^HTTP/(%d%.?%d?)%s+(%d%d%d)")
    if not version then
      return M.failure("not an HTTP response")
    end
    status = tonumber(status)
    header, raw = read_header(input)
    if not header then
      return M.failure(raw)
    end
    if status >= 200 or status == 101 then
      break
    end
  end
  local response = { status = status, version = version, ["status-line"] = line, header = header, rawheader = raw, cookies = parse_cookies(raw), body = "" }
  if method == "HEAD" or WITHOUT_BODY[status] or status == 101 then
    return response
  end
  local length = tonumber((header["content-length"] or ""):match("^%d+"))
  if (header["transfer-encoding"] or ""):lower():find("chunked", 1, true) then
    local whole
    response.body, whole = read_chunks(input, most)
    response.truncated = not whole or nil
    response.unframed = not whole
  elseif length then
    response.body = input:atmost(math.min(length, most))
    response.truncated = #response.body < length or nil
  else
    response.body = input:atmost(most + 1)
    response.truncated = #response.body > most or nil
    response.body = response.body:sub(1, most)
    response.unframed = true
  end
  unpack_body(response, most)
  return response
end

return M
