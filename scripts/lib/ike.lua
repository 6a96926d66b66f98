-- ike: the first message of IKE version 1 (RFC 2408, 2409) and 2 (RFC 7296) and what the answers tell. SPDX-License-Identifier: BSD-2-Clause
local cursor = require "cursor"
local datagram = require "datagram"
local nmap = require "nmap"
local stdnse = require "stdnse"

local M = {}

local PAYLOAD = { sa = 1, vendor = 13, notify1 = 11, sa2 = 33, ke2 = 34, nonce2 = 40, notify2 = 41, vendor2 = 43 }
local MAX_PAYLOADS = 40

-- Vendor ids: bytes in hex, compared at the beginning; a name; is it a product's? Nearly all are the MD5 of a text, which is named here.
M.VENDORS = {
  { "882fe56d6fd20dbc2251613b2ebe5beb", "strongSwan", "strongSwan", "a:strongswan:strongswan" },
  { "1e2b516905991c7d7c96fcbfb587e461", "MS NT5 ISAKMPOAKLEY", "Microsoft Windows IKE", "o:microsoft:windows" },
  { "fb1de3cdf341b7ea16b7e5be0855f120", "MS-Negotiation Discovery Capable", "Microsoft Windows IKE", "o:microsoft:windows" },
  { "e89436c1af82e43e5c5b1a72c8c34dc3", "Cisco VPN Concentrator", "Cisco VPN Concentrator", nil },
  { "12f5f28c457168a9702d9fe274cc", "Cisco Unity", nil, nil },
  { "14786c127271792e338913d2291673d5", "Shrew Soft", "Shrew Soft VPN", nil },
  { "4a131c81070358455c5728f20e95452f", "NAT traversal (RFC 3947)" },
  { "cd60464335df21f87cfdb2fc68b6a448", "NAT traversal (draft 02)" },
  { "7d9419a65310ca6f2c179d9215529d56", "NAT traversal (draft 03)" },
  { "4048b7d56ebce88525e7de7f00d6c2d3", "fragmentation" },
  { "afcad71368a1f1c96b8696fc7757", "dead peer detection (RFC 3706)" },
  { "09002689dfd6b712", "XAUTH" },
  { "26244d38eddb61b3172a36e3d0cfb819", "initial contact" },
  { "e3a5966a76379fe707228231e5ce8652", "IKE CGA version 1" },
  { "621b04bb09882ac1e15935fefa24aeee", "GSSAPI" },
}

-- RFC 2408, section 3.14.1; RFC 7296, section 3.10.1.
M.NOTIFY = { [1] = "invalid payload", [5] = "invalid major version", [7] = "invalid syntax", [14] = "no proposal chosen", [16] = "payload malformed", [17] = "invalid KE payload",
  [24] = "authentication failed", [30] = "unsupported exchange type" }

-- -------------------------------------------------------------------------------------------------------------------------- writing

local function payload(following, body)
  return (">BBI2"):pack(following, 0, #body + 4) .. body
end

local function header(spi, version, exchange, flags, first, body)
  return spi .. ("\0"):rep(8) .. (">BBBBI4I4"):pack(first, version, exchange, flags, 0, #body + 28) .. body
end

local function attribute(kind, value)
  return (">I2I2"):pack(kind | 0x8000, value)
end

-- A transform of phase 1: cipher (7 with a key length: AES; 5: 3DES), hash, authentication, group.
local TRANSFORMS = { { 7, 256, 2, 1, 14 }, { 7, 128, 2, 1, 14 }, { 7, 128, 2, 1, 2 }, { 5, nil, 2, 1, 2 }, { 5, nil, 1, 1, 2 },
  { 7, 256, 4, 3, 14 }, { 7, 128, 2, 3, 2 }, { 5, nil, 2, 3, 2 } }

--- Version 1: main mode with a proposal of usual transforms.
function M.main_mode(spi)
  local list = {}
  for i, t in ipairs(TRANSFORMS) do
    local attributes = attribute(1, t[1]) .. (t[2] and attribute(14, t[2]) or "") .. attribute(2, t[3]) .. attribute(3, t[4]) .. attribute(4, t[5])
    attributes = attributes .. attribute(11, 1) .. attribute(12, 28800) -- a life of eight hours
    list[i] = payload(i < #TRANSFORMS and 3 or 0, (">BBI2"):pack(i, 1, 0) .. attributes)
  end
  local proposal = payload(0, (">BBBB"):pack(1, 1, 0, #TRANSFORMS) .. table.concat(list))
  local sa = payload(0, (">I4I4"):pack(1, 1) .. proposal)
  return header(spi, 0x10, 2, 0, PAYLOAD.sa, sa)
end

-- Transforms of version 2: kind, id, key length.
local TRANSFORMS2 = { { 1, 12, 256 }, { 1, 12, 128 }, { 2, 5 }, { 2, 2 }, { 3, 12 }, { 3, 2 }, { 4, 14 }, { 4, 2 } }

--- Version 2: IKE_SA_INIT, group 14 with a random public value.
function M.sa_init(spi)
  local list = {}
  for i, t in ipairs(TRANSFORMS2) do
    list[i] = payload(i < #TRANSFORMS2 and 3 or 0, (">BBI2"):pack(t[1], 0, t[2]) .. (t[3] and attribute(14, t[3]) or ""))
  end
  local proposal = payload(0, (">BBBB"):pack(1, 1, 0, #TRANSFORMS2) .. table.concat(list))
  local body = payload(PAYLOAD.ke2, proposal) .. payload(PAYLOAD.nonce2, (">I2I2"):pack(14, 0) .. nmap.get_random_bytes(256)) .. payload(0, nmap.get_random_bytes(32))
  return header(spi, 0x20, 34, 0x08, PAYLOAD.sa2, body)
end

-- -------------------------------------------------------------------------------------------------------------------------- reading

local function notify_of(body, version)
  local c = cursor.new(body)
  if version == 1 then
    c:skip(4)
  end
  c:skip(2)
  local kind = c:u16()
  return not c.bad and kind or nil
end

--- An answer to our SPI: {version=, vendors = {bytes}, notify=, accepted=}; nil if it is none.
function M.parse(data, spi)
  local c = cursor.new(data)
  local ours = c:bytes(8)
  c:skip(8)
  local following, version, _, flags = c:u8(), c:u8() >> 4, c:u8(), c:u8()
  c:skip(4)
  local size = c:u32()
  if c.bad or ours ~= spi or size ~= #data or (version ~= 1 and version ~= 2) or version == 2 and flags & 0x20 == 0 then
    return nil
  end
  local answer = { version = version, vendors = {} }
  for _ = 1, MAX_PAYLOADS do
    if following == 0 then
      break
    end
    local kind = following
    following = c:u8()
    c:skip(1)
    local body = c:bytes(c:u16() - 4)
    if c.bad then
      return nil
    end
    if kind == PAYLOAD.vendor or kind == PAYLOAD.vendor2 then
      answer.vendors[#answer.vendors + 1] = body
    elseif kind == PAYLOAD.sa or kind == PAYLOAD.sa2 then
      answer.accepted = true
    elseif kind == PAYLOAD.notify1 or kind == PAYLOAD.notify2 then
      answer.notify = answer.notify or notify_of(body, version)
    end
  end
  return answer
end

--- The row of VENDORS that a vendor id begins with.
function M.vendor(bytes)
  local hex = stdnse.tohex(bytes)
  for _, row in ipairs(M.VENDORS) do
    if hex:sub(1, #row[1]) == row[1] then
      return row
    end
  end
end

--- Sends one first message and hears the answer; nil if none came that is one. On port 4500 four zero bytes mark IKE (RFC 3948).
function M.ask(host, port, make)
  local spi, marker = nmap.get_random_bytes(8), port.number == 4500 and "\0\0\0\0" or ""
  return datagram.ask(host, port, marker .. make(spi), function(data)
    return data:sub(1, #marker) == marker and M.parse(data:sub(#marker + 1), spi)
  end)
end

return M
