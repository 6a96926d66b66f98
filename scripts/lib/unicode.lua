-- unicode: encodings of text as they stand in protocols. SPDX-License-Identifier: BSD-2-Clause
--
-- encode(list of code points, encoder[, big endian]) and decode(bytes, decoder[, big endian]) go through code points. What is broken
-- in the input becomes U+FFFD: a peer's text is never an error.
local M = {}

local REPLACEMENT = 0xFFFD

--- Encoders: a code point to bytes.
function M.utf8_enc(code)
  return utf8.char(code)
end

function M.utf16_enc(code, big)
  local format = big and ">I2" or "<I2"
  if code < 0x10000 then
    return format:pack(code)
  end
  code = code - 0x10000
  return format:pack(0xD800 + (code >> 10)) .. format:pack(0xDC00 + (code & 0x3ff))
end

function M.utf32_enc(code, big)
  return (big and ">I4" or "<I4"):pack(code)
end

-- Code page 437, the upper half, as code points: what old consoles and SMB servers write.
local CP437 = {}
do
  local upper = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ "
  local at = 0x80
  for _, code in utf8.codes(upper) do
    CP437[at] = code
    at = at + 1
  end
end
local CP437_REVERSE = {}
for byte, code in pairs(CP437) do
  CP437_REVERSE[code] = byte
end

function M.cp437_enc(code)
  return string.char(code < 0x80 and code or CP437_REVERSE[code] or 0x3F)
end

--- Decoders: (bytes, position) to (next position, code point).
function M.utf8_dec(bytes, at)
  local first = bytes:byte(at)
  if first < 0x80 then
    return at + 1, first
  end
  local length = first >= 0xF0 and first < 0xF5 and 4 or first >= 0xE0 and first < 0xF0 and 3 or first >= 0xC2 and first < 0xE0 and 2
  if not length or not bytes:find("^" .. ("[\128-\191]"):rep(length - 1), at + 1) then
    return at + 1, REPLACEMENT
  end
  local code = first & (0x7F >> length)
  for i = 1, length - 1 do
    code = code << 6 | bytes:byte(at + i) & 0x3F
  end
  local least = length == 2 and 0x80 or length == 3 and 0x800 or 0x10000
  if code < least or code > 0x10FFFF or (code >= 0xD800 and code < 0xE000) then
    return at + 1, REPLACEMENT
  end
  return at + length, code
end

function M.utf16_dec(bytes, at, big)
  local format = big and ">I2" or "<I2"
  if #bytes - at < 1 then
    return #bytes + 1, REPLACEMENT
  end
  local word, following = format:unpack(bytes, at)
  if word < 0xD800 or word > 0xDFFF then
    return following, word
  end
  if word < 0xDC00 and #bytes - following >= 1 then
    local low, after = format:unpack(bytes, following)
    if low >= 0xDC00 and low <= 0xDFFF then
      return after, 0x10000 + (word - 0xD800 << 10) + low - 0xDC00
    end
  end
  return following, REPLACEMENT
end

function M.utf32_dec(bytes, at, big)
  if #bytes - at < 3 then
    return #bytes + 1, REPLACEMENT
  end
  local code, following = (big and ">I4" or "<I4"):unpack(bytes, at)
  return following, code <= 0x10FFFF and code or REPLACEMENT
end

function M.cp437_dec(bytes, at)
  local byte = bytes:byte(at)
  return at + 1, CP437[byte] or byte
end

--- The code points of bytes.
function M.decode(bytes, decoder, big)
  local codes, at = {}, 1
  while at <= #bytes do
    at, codes[#codes + 1] = decoder(bytes, at, big)
  end
  return codes
end

--- The bytes of code points.
function M.encode(codes, encoder, big)
  local out = {}
  for i, code in ipairs(codes) do
    out[i] = encoder(code, big)
  end
  return table.concat(out)
end

--- From one encoding to another.
function M.transcode(bytes, decoder, encoder, big_in, big_out)
  return M.encode(M.decode(bytes, decoder, big_in), encoder, big_out)
end

--- The two that Windows protocols need: little endian unless `big`.
function M.utf16to8(bytes, big)
  return M.transcode(bytes, M.utf16_dec, M.utf8_enc, big)
end

function M.utf8to16(text, big)
  return M.transcode(text, M.utf8_dec, M.utf16_enc, nil, big)
end

--- "utf-16be" and so on of a byte order mark; nil without one.
function M.chardet(bytes)
  if bytes:sub(1, 3) == "\xEF\xBB\xBF" then
    return "utf-8"
  elseif bytes:sub(1, 2) == "\xFE\xFF" then
    return "utf-16be"
  elseif bytes:sub(1, 2) == "\xFF\xFE" then
    return "utf-16le"
  end
end

return M
