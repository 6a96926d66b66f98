local sslcert = require "sslcert"
local stdnse = require "stdnse"

description = [[
Shows the certificate of a server that speaks TLS, from the first byte or after STARTTLS: whose it is, who says so, how long it is valid, its key and fingerprints.

Nothing is verified: what is shown is what the server says.
]]

---
-- @usage descry --script ssl-cert -p 443 HOST
--
-- @args tls.servername  the name to ask for (SNI) instead of the host's own
--
-- @output
-- 443/tcp open https
-- | ssl-cert: Subject: commonName=www.example.org/organizationName=Example
-- | Subject Alternative Name: DNS:www.example.org, DNS:example.org
-- | Issuer: commonName=Example CA
-- | Public Key type: rsa
-- | Public Key bits: 2048
-- | Signature Algorithm: sha256WithRSAEncryption
-- | Not valid before: 2026-01-01T00:00:00
-- | Not valid after:  2027-01-01T00:00:00
-- | MD5:   3d5f c4a5 9e5b 0b46 8d2e 8a07 6d0c 3f6c
-- |_SHA-1: 6f1c 2c3f 8f0f 4c25 c8a3 f0f5 9f6a 1d54 3a5e 7b11

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "default", "discovery", "safe" }

portrule = function(host, port)
  return sslcert.isPortSupported(host, port)
end

-- The usual order of a name's parts; what else it has follows.
local PARTS = { "commonName", "organizationName", "organizationalUnitName", "stateOrProvinceName", "countryName" }

local function name_text(name)
  local pieces, done = {}, {}
  for _, part in ipairs(PARTS) do
    if name[part] then
      pieces[#pieces + 1], done[part] = part .. "=" .. name[part], true
    end
  end
  local others = {}
  for part, value in pairs(name) do
    if not done[part] then
      others[#others + 1] = (type(part) == "table" and table.concat(part, ".") or part) .. "=" .. value
    end
  end
  table.sort(others)
  table.move(others, 1, #others, #pieces + 1, pieces)
  return table.concat(pieces, "/")
end

-- A name for the structured output: parts that have no name are told by their numbers.
local function name_table(name)
  local out = stdnse.output_table()
  for _, part in ipairs(PARTS) do
    out[part] = name[part]
  end
  for part, value in pairs(name) do
    out[type(part) == "table" and table.concat(part, ".") or part] = value
  end
  return out
end

local function date_text(date)
  return type(date) == "table" and stdnse.format_timestamp(date) or tostring(date)
end

local function alternative_names(certificate)
  for _, extension in ipairs(certificate.extensions or {}) do
    if extension.name == "X509v3 Subject Alternative Name" then
      return extension.value
    end
  end
end

local function digest(certificate, name)
  local bytes = certificate:digest(name)
  return bytes and stdnse.tohex(bytes)
end

local function spaced(hex)
  return (hex or ""):gsub("%x%x%x%x", "%0 "):gsub(" $", "")
end

local function structure(certificate)
  local out = stdnse.output_table()
  out.subject = name_table(certificate.subject or {})
  out.issuer = name_table(certificate.issuer or {})
  local key = certificate.pubkey or {}
  out.pubkey = { type = key.type, bits = key.bits }
  out.extensions = certificate.extensions
  out.sig_algo = certificate.sig_algorithm
  out.validity = { notBefore = date_text(certificate.validity.notBefore), notAfter = date_text(certificate.validity.notAfter) }
  out.md5 = digest(certificate, "md5")
  out.sha1 = digest(certificate, "sha1")
  out.sha256 = digest(certificate, "sha256")
  out.pem = certificate.pem
  return out
end

local function text(certificate, out)
  local lines = { "Subject: " .. name_text(certificate.subject or {}) }
  local names = alternative_names(certificate)
  if names then
    lines[#lines + 1] = "Subject Alternative Name: " .. names
  end
  lines[#lines + 1] = "Issuer: " .. name_text(certificate.issuer or {})
  lines[#lines + 1] = "Public Key type: " .. tostring(out.pubkey.type)
  lines[#lines + 1] = "Public Key bits: " .. tostring(out.pubkey.bits)
  lines[#lines + 1] = "Signature Algorithm: " .. tostring(out.sig_algo)
  lines[#lines + 1] = "Not valid before: " .. out.validity.notBefore
  lines[#lines + 1] = "Not valid after:  " .. out.validity.notAfter
  lines[#lines + 1] = "MD5:   " .. spaced(out.md5)
  lines[#lines + 1] = "SHA-1: " .. spaced(out.sha1)
  return table.concat(lines, "\n")
end

action = function(host, port)
  local ok, certificate = sslcert.getCertificate(host, port)
  if not ok then
    stdnse.debug1("no certificate: %s", tostring(certificate))
    return nil
  end
  local out = structure(certificate)
  return out, text(certificate, out)
end
