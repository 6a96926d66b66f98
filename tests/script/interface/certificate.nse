description = [[Rows for certificates (specs/script-host.md, 3.4). Those below were made for this file; their private keys are nowhere.]]
categories = { "safe" }

local base64 = require "base64"
local nmap = require "nmap"
local rows = require "rows"
local stdnse = require "stdnse"

hostrule = function()
  return true
end

-- RSA with extensions: alternative names, key usage (critical), one that nobody knows; an attribute in its name that nobody knows either.
local RSA = base64.dec("MIICjjCCAfegAwIBAgIUL85crs73CQKjdgu7hIvcwyBh7TYwDQYJKoZIhvcNAQELBQAwUTELMAkGA1UEBhMCWFgxFDASBgNVBAoMC0V4YW1wbGUgT3JnMRUwEwYDVQQDDA" ..
  "x0ZXN0LmV4YW1wbGUxFTATBgkrBgEEAYaNHwEMBmN1c3RvbTAeFw0yNjExMjYwNjU0MDZaFw0zNjExMjMwNjU0MDZaMFExCzAJBgNVBAYTAlhYMRQwEgYDVQQKDAtFeGFt" ..
  "cGxlIE9yZzEVMBMGA1UEAwwMdGVzdC5leGFtcGxlMRUwEwYJKwYBBAGGjR8BDAZjdXN0b20wgZ8wDQYJKoZIhvcNAQEBBQADgY0AMIGJAoGBAMiT+gwZodnxRtfgP0BCBx" ..
  "ZBe0hL0kUFWoGY2n78hQtxypg7FxBkpbBhC+Why1NT+2LBwhLGr09ENvqOIsZW5zxB3EkyTOcOGeQPdukEbp1l773zXtIoVU0ziVPHNA21A3gv/1AapM+ic+rBvFVJt+qr" ..
  "rscHO23SNmFXrjvqaoRlAgMBAAGjYzBhMB0GA1UdEQQWMBSCDHRlc3QuZXhhbXBsZYcEwAACATAOBgNVHQ8BAf8EBAMCB4AwEQYJKwYBBAGGjR8CBAQEAgD/MB0GA1UdDg" ..
  "QWBBQvj/LpW/sJxW/WfYggeVIzQs9TZDANBgkqhkiG9w0BAQsFAAOBgQARG3PaLb+w/DOfaRPbKoK3J0iSj9X9t0OIvcYahPTzwZwLJww+0tlfEluc0IF72hK2ojTr5wAF" ..
  "Ehf8F5O1W9JANd9PZfZPCDY7OXBdPJs0dWoJ2nnq3V9Zxuqb2X92R/sfAOi/De04u8duA+prHeRjtfVWBM1FPtNAvcXe4wdgrQ==")
local EC = base64.dec("MIIBJTCBywIUE3DffljtVfpml7Q+CVP6Qo+yBQIwCgYIKoZIzj0EAwIwFTETMBEGA1UEAwwKZWMuZXhhbXBsZTAeFw0yNjExMjYwNjUzNTdaFw0zNjExMjMwNjUzNTdaMB" ..
  "UxEzARBgNVBAMMCmVjLmV4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQMs2dTRqvP9ezZc0SJWIo0zr1BRDt7jMRHrMiNqQciF4H77Kz05HYsMGf8Czv43MBH" ..
  "3c28sF6ATSzoVQwykHioMAoGCCqGSM49BAMCA0kAMEYCIQDJ/X8MX2DbO4xC+fDZhtUuSOjv1gqmWE5JJPA3xIFUIAIhAJXjALLmBLgu0qZaAAm2abfUhCwLiGql5XrXpw" ..
  "DjZsDg")
local DSA = base64.dec("MIIChzCCAjUCFA9hAEMEk8Ghv5f202/Njj+kkBsvMAsGCWCGSAFlAwQDAjAWMRQwEgYDVQQDDAtkc2EuZXhhbXBsZTAeFw0yNjExMjYwNjU0MDZaFw0zNjExMjMwNjU0MD" ..
  "ZaMBYxFDASBgNVBAMMC2RzYS5leGFtcGxlMIIBvjCCATMGByqGSM44BAEwggEmAoGBALDnN/Of15cpw1n2WTNrD5N7x9wpEvF8YoxGk/fGGuAFLHj0eCQqG6wYStOC8sDU" ..
  "pOcmc30KfxTf0DlV+l3z/ehVUbHgaweYm9jR2f6eKIrVM3ZbqOHaIAK6DCarzMVfSOOtrDaIjlUrA6SxPrE5emCPB0CiglXJ6W8eFxBVZDbDAh0AzQzbmzBnXnNSwdKqjp" ..
  "z75el3bAbiOtnbmK4llQKBgAge6lhlD0bZljq8iHvMCsWpYz9OgR1mwJTES2GST70gO2E6WFcFT2+8H6ZGWI419BXdcOxvk6HGzp1VIpB0ajClDJNINjTJldlkvK42sJWF" ..
  "0SUZSmtz/LXEb8hmzGVYVyfBbAvBHnYH93ovBXPvbLeYdh6ozZcbnBpraC2WyqDFA4GEAAKBgFH8bShMYFqpRoDAQfNsFCoLaNL626HJ0gmnl4zb8+TuSFpa4XGC8wCPks" ..
  "/rW0Ybv1SlEnQo4xvQva7k1rDzVMKBr2Zjo7t3d5pY1BWqQyPuL9v6DTiyveI/Ii4AvTEXZtIVIw6TURlrY5NyjQ0aymCnavtNY1myP2rJIcaKt31DMAsGCWCGSAFlAwQD" ..
  "AgM/ADA8Ahxz+h74keeolUf00aGAdXKCMFa3/bO/E4+sSI5TAhwtAGml/IXZS3EH7K3B8Wi4seO9zpvIzJ6KhosP")
local ED = base64.dec("MIHkMIGXAhRF7RL7TBmrdqUtwIjThtEgaS4QZTAFBgMrZXAwFTETMBEGA1UEAwwKZWQuZXhhbXBsZTAeFw0yNjExMjYwNjUzNTdaFw0zNjExMjMwNjUzNTdaMBUxEzARBg" ..
  "NVBAMMCmVkLmV4YW1wbGUwKjAFBgMrZXADIQCUO5guKippo2zMXxJ6BZP+tiUWRFsvyF0ULluGicFnhzAFBgMrZXADQQAJtB2U/OSuIs46lBPrZGI39qIJxxcpyrdWIJot" ..
  "Yc/Q6irwlH0i8ujaWZUSZ7mr+s/Za5B6s2adW7LUuKEmSmQF")

local parse = nmap.socket.parse_ssl_certificate

local function field(der, ...)
  local at = parse(der)
  for _, key in ipairs { ... } do
    at = at[key]
  end
  return at
end

-- The value of the key that is a table: an object without a name stands for itself by its arcs.
local function unnamed(of)
  for key, value in pairs(of) do
    if type(key) == "table" then
      return key, value
    end
  end
end

local table_of_rows = {
  { "certificate.subject", "by long names", function() local s = field(RSA, "subject") return s.commonName, s.organizationName, s.countryName end, '"test.example", "Example Org", "XX"' },
  { "certificate.subject", "an object without a name is an array of arcs", function() return unnamed(field(RSA, "subject")) end,
    '{"1", "3", "6", "1", "4", "1", "99999", "1"}, "custom"' },
  { "certificate.issuer", "the same", function() return field(RSA, "issuer").commonName, field(EC, "issuer", "commonName") end, '"test.example", "ec.example"' },
  { "certificate.sig_algorithm", "by long names", function() return field(RSA, "sig_algorithm"), field(EC, "sig_algorithm"), field(DSA, "sig_algorithm"), field(ED, "sig_algorithm") end,
    '"sha256WithRSAEncryption", "ecdsa-with-SHA256", "dsa_with_SHA256", "ED25519"' },
  { "certificate.validity", "two times in UTC", function() return field(RSA, "validity") end,
    "{notAfter={day=23, hour=6, min=54, month=11, sec=6, year=2036}, notBefore={day=26, hour=6, min=54, month=11, sec=6, year=2026}}" },
  { "certificate.pubkey", "RSA", function() local k = field(RSA, "pubkey") return k.type, k.bits, k.exponent:todec(), k.modulus:num_bits(), tostring(k.modulus):sub(1, 8) end,
    '"rsa", 1024, "65537", 1024, "C893FA0C"' },
  { "certificate.pubkey", "elliptic curve", function() return field(EC, "pubkey") end, '{bits=256, ecdhparams={curve_params={curve="prime256v1", ec_curve_type="namedcurve"}}, type="ec"}' },
  { "certificate.pubkey", "DSA", function() return field(DSA, "pubkey") end, '{bits=1024, type="dsa"}' },
  { "certificate.pubkey", "of another kind", function() return field(ED, "pubkey", "type") end, '"unknown"' },
  { "certificate.extensions", "names and printed texts", function() local e = field(RSA, "extensions") return #e, e[1], e[2] end,
    '4, {name="X509v3 Subject Alternative Name", value="DNS:test.example, IP Address:192.0.2.1"}, {critical=true, name="X509v3 Key Usage", value="Digital Signature"}' },
  { "certificate.extensions", "one that nobody knows", function() return field(RSA, "extensions", 3) end, '{error=true, name="1.3.6.1.4.1.99999.2"}' },
  { "certificate.extensions", "none", function() return field(EC, "extensions") end, "nil" },
  { "certificate.pem", "the text", function() return (field(RSA, "pem"):gsub("\n[%w+/=\n]+\n", " ... ")) end, '"-----BEGIN CERTIFICATE----- ... -----END CERTIFICATE-----\\n"' },
  { "certificate.pem", "is what was parsed", function() return base64.dec((field(RSA, "pem"):gsub("%-%-%-%-%-[%u ]+%-%-%-%-%-", ""):gsub("\n", ""))) == RSA end, "true" },
  { "certificate:digest", "md5, sha1, sha256", function() local c = parse(RSA) return stdnse.tohex(c:digest "md5"), #c:digest "sha1", stdnse.tohex(c:digest "sha256") end,
    '"f2ab24653216fc966a8fd45d63f70fde", 20, "b82132834d9330d9f178dd445524affbffb97f8ddbaf903d136894b6dbb1cc72"' },
  { "certificate:digest", "unknown", function() return select("#", parse(RSA):digest "nosuch") end, "0" },
  { "certificate:digest", "no name", function() parse(RSA):digest() end, "error: bad argument #1 to 'digest' (string expected, got no value)" },
  { "certificate:digest", "of no certificate", function() parse(RSA).digest({}, "md5") end, "error: bad argument #1 to 'digest' (descry.certificate expected, got table)" },
  { "certificate.none", "an unknown field", function() return parse(RSA).none, parse(RSA)[1], parse(RSA)[{}] end, "nil, nil, nil" },
  { "certificate.none", "is not written to", function() parse(RSA).subject = 1 end, "~ error: attempt to index a .* value" },
  { "certificate.none", "its metatable is closed", function() return getmetatable(parse(RSA)) end, "false" },
  { "nmap.socket.parse_ssl_certificate", "cut at every byte is none, never an accident", function()
    local count = 0
    for i = 0, #RSA - 1 do
      count = count + (parse(RSA:sub(1, i)) and 1 or 0)
    end
    return count
  end, "0" },
  { "nmap.socket.parse_ssl_certificate", "any byte another: nothing breaks, whatever is still read", function()
    for _, der in ipairs { RSA, EC, DSA, ED } do
      for i = 1, #der do
        for _, bit in ipairs { 1, 0x20, 0x80 } do
          local c = parse(der:sub(1, i - 1) .. string.char(der:byte(i) ~ bit) .. der:sub(i + 1))
          if c then
            local _ = c.subject, c.issuer, c.validity, c.pubkey, c.extensions, c.pem, c:digest "sha1"
          end
        end
      end
    end
  end, "" },
  { "nmap.socket.parse_ssl_certificate", "a key that cannot be read", function() return parse((RSA:gsub("\42\134\72\134\247\13\1\1\1\5", "\42\134\72\134\247\13\1\1\99\5", 1))) end,
    'nil, "Error parsing cert: the public key cannot be read"' },
  { "nmap.socket.parse_ssl_certificate", "something behind it", function() return parse(RSA .. "more") ~= nil end, "true" },
}

action = function(host)
  -- The fields of an object cannot be counted: these are the specification's.
  local names = { "certificate.subject", "certificate.issuer", "certificate.sig_algorithm", "certificate.validity", "certificate.pubkey", "certificate.extensions", "certificate.pem",
    "certificate:digest", "certificate.none", "nmap.socket.parse_ssl_certificate" }
  return rows.run(table_of_rows, names, host)
end
