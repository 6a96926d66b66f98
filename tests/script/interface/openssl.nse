description = [[Rows for the module openssl (specs/script-host.md, 3.6). Vectors: RFC 1320, 1321, 2202, 3174; FIPS 197; the reference texts of DES, RC4 and RIPEMD-160.]]
categories = { "safe" }

local openssl = require "openssl"
local rows = require "rows"
local stdnse = require "stdnse"

hostrule = function()
  return true
end

local hex = stdnse.tohex
local function bytes(text)
  return (text:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local dec, hex2bn = openssl.bignum_dec2bn, openssl.bignum_hex2bn

-- A function of the module and the method by another name do the same.
local function both(name, method, ...)
  local given = table.pack(...)
  return function()
    local a = table.pack(openssl["bignum_" .. name](table.unpack(given, 1, given.n)))
    local b = table.pack(given[1][method](table.unpack(given, 1, given.n)))
    if rows.show(a) ~= rows.show(b) then
      error("the method gives " .. rows.show(b))
    end
    return table.unpack(a, 1, a.n)
  end
end

local SEVENTEEN, BIG = dec "17", hex2bn "0123456789ABCDEF0123456789ABCDEF01"
local AES_KEY, AES_TEXT = bytes "000102030405060708090a0b0c0d0e0f", bytes "00112233445566778899aabbccddeeff"
local DES_KEY, DES_TEXT = bytes "133457799BBCDFF1", bytes "0123456789ABCDEF"

local function has(list, name)
  for i = 2, #list do
    if list[i - 1] > list[i] then
      return "not sorted: " .. list[i]
    end
  end
  for _, known in ipairs(list) do
    if known:lower() == name then
      return true
    end
  end
  return false
end

local table_of_rows = {
  -- Digests.
  { "openssl.md4", "known texts", function() return hex(openssl.md4 ""), hex(openssl.md4 "abc") end, '"31d6cfe0d16ae931b73c59d7e0c089c0", "a448017aaf21d8525fc10ae87aa6729d"' },
  { "openssl.md5", "known texts", function() return hex(openssl.md5 ""), hex(openssl.md5 "abc") end, '"d41d8cd98f00b204e9800998ecf8427e", "900150983cd24fb0d6963f7d28e17f72"' },
  { "openssl.sha1", "a known text", function() return hex(openssl.sha1 "abc") end, '"a9993e364706816aba3e25717850c26c9cd0d89d"' },
  { "openssl.ripemd160", "a known text", function() return hex(openssl.ripemd160 "abc") end, '"8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"' },
  { "openssl.md5", "a number is its text", function() return openssl.md5(12) == openssl.md5 "12" end, "true" },
  { "openssl.md5", "no text", function() openssl.md5() end, "error: bad argument #1 to 'md5' (string expected, got no value)" },
  { "openssl.digest", "by name", function() return hex(openssl.digest("sha1", "abc")) == hex(openssl.sha1 "abc"), #openssl.digest("SHA256", ""), #openssl.digest("sha512", "a\0b") end,
    "true, 32, 64" },
  { "openssl.digest", "unknown", function() openssl.digest("md99", "") end, "error: Unknown digest algorithm: md99" },
  { "openssl.digest", "no text", function() openssl.digest "md5" end, "error: bad argument #2 to 'digest' (string expected, got no value)" },
  { "openssl.hmac", "known texts", function() return hex(openssl.hmac("md5", ("\11"):rep(16), "Hi There")), hex(openssl.hmac("sha1", "Jefe", "what do ya want for nothing?")) end,
    '"9294727a3638bb1c13f48ef8158bfc9d", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"' },
  { "openssl.hmac", "an empty key, an empty text", function() return #openssl.hmac("md5", "", "") end, "16" },
  { "openssl.hmac", "unknown", function() openssl.hmac("md99", "", "") end, "error: Unknown digest algorithm: md99" },
  { "openssl.hmac", "no text", function() openssl.hmac("md5", "key") end, "error: bad argument #3 to 'hmac' (string expected, got no value)" },
  { "openssl.supported_digests", "sorted names", function() return has(openssl.supported_digests(), "md5"), has(openssl.supported_digests(), "sha256") end, "true, true" },

  -- Ciphers.
  { "openssl.encrypt", "AES", function() return hex(openssl.encrypt("AES-128-ECB", AES_KEY, nil, AES_TEXT)) end, '"69c4e0d86a7b0430d8cdb78070b4c55a"' },
  { "openssl.encrypt", "DES", function() return hex(openssl.encrypt("DES-ECB", DES_KEY, "", DES_TEXT)), hex(openssl.encrypt("DES", DES_KEY, ("\0"):rep(8), DES_TEXT)) end,
    '"85e813540f0ab405", "85e813540f0ab405"' },
  { "openssl.encrypt", "RC4, whose key has any length", function() return hex(openssl.encrypt("RC4", "Key", nil, "Plaintext")), hex(openssl.encrypt("rc4", "Wiki", "", "pedia")) end,
    '"bbf316e8d940af0ad3", "1021bf0420"' },
  { "openssl.encrypt", "no IV is zeros", function() return openssl.encrypt("AES-128-CBC", AES_KEY, nil, AES_TEXT) == openssl.encrypt("AES-128-CBC", AES_KEY, ("\0"):rep(16), AES_TEXT) end, "true" },
  { "openssl.encrypt", "padded", function() return #openssl.encrypt("AES-128-CBC", AES_KEY, nil, "short", true), #openssl.encrypt("AES-128-CBC", AES_KEY, nil, AES_TEXT, true) end, "16, 32" },
  { "openssl.encrypt", "not a whole block, not padded", function() openssl.encrypt("AES-128-CBC", AES_KEY, nil, "short") end, "~ error: OpenSSL error: .*" },
  { "openssl.encrypt", "a key that does not fit", function() openssl.encrypt("AES-128-CBC", "short", nil, AES_TEXT) end, "~ error: OpenSSL error: .*" },
  { "openssl.encrypt", "no key", function() openssl.encrypt("RC4", "", nil, AES_TEXT) end, "error: bad argument #2 to 'encrypt' (a key is needed)" },
  { "openssl.encrypt", "an IV that does not fit", function() openssl.encrypt("AES-128-CBC", AES_KEY, "short", AES_TEXT) end, "error: Length of iv is 5; should be 16" },
  { "openssl.encrypt", "unknown", function() openssl.encrypt("ROT13", "", "", "") end, "error: Unknown cipher algorithm: ROT13" },
  { "openssl.encrypt", "nothing", function() return openssl.encrypt("AES-128-ECB", AES_KEY, nil, "") end, '""' },
  { "openssl.encrypt", "no data", function() openssl.encrypt("AES-128-ECB", AES_KEY, nil) end, "error: bad argument #4 to 'encrypt' (string expected, got no value)" },
  { "openssl.encrypt", "too much", function() openssl.encrypt("AES-128-ECB", AES_KEY, nil, ("x"):rep(9 * 1024 * 1024)) end, "error: bad argument #4 to 'encrypt' (too long)" },
  { "openssl.encrypt", "every cipher with every key: nothing breaks", function()
    for _, name in ipairs(openssl.supported_ciphers()) do
      for _, length in ipairs { 0, 1, 5, 8, 16, 24, 32, 64 } do
        pcall(openssl.encrypt, name, ("k"):rep(length), nil, ("t"):rep(48))
        pcall(openssl.decrypt, name, ("k"):rep(length), ("i"):rep(16), ("t"):rep(48), true)
        pcall(openssl.decrypt, name, ("k"):rep(length), nil, "")
      end
    end
  end, "" },
  { "openssl.decrypt", "back again", function()
    local text = openssl.encrypt("AES-128-CBC", AES_KEY, AES_TEXT, "a text of any length", true)
    return openssl.decrypt("AES-128-CBC", AES_KEY, AES_TEXT, text, true)
  end, '"a text of any length"' },
  { "openssl.decrypt", "padding that is none", function() openssl.decrypt("AES-128-CBC", AES_KEY, nil, AES_TEXT, true) end, "~ error: OpenSSL error: .*" },
  { "openssl.decrypt", "unknown", function() openssl.decrypt("ROT13", "", "", "") end, "error: Unknown cipher algorithm: ROT13" },
  { "openssl.supported_ciphers", "sorted names", function() return has(openssl.supported_ciphers(), "aes-128-cbc") end, "true" },
  { "openssl.DES_string_to_key", "the old hash of a known password", function() return hex(openssl.encrypt("DES-ECB", openssl.DES_string_to_key "PASSWOR", nil, "KGS!@#$%")) end,
    '"e52cac67419a9a22"' },
  { "openssl.DES_string_to_key", "all bits", function() return hex(openssl.DES_string_to_key(("\255"):rep(7))), hex(openssl.DES_string_to_key(("\0"):rep(7))) end,
    '"fefefefefefefefe", "0000000000000000"' },
  { "openssl.DES_string_to_key", "another length", function() openssl.DES_string_to_key "eight..." end, "error: String must have length of 7 bytes." },
  { "openssl.DES_string_to_key", "no text", function() openssl.DES_string_to_key() end, "error: bad argument #1 to 'DES_string_to_key' (string expected, got no value)" },

  -- Random bytes.
  { "openssl.rand_bytes", "so many", function() return #openssl.rand_bytes(33), openssl.rand_bytes(0), openssl.rand_bytes(16) ~= openssl.rand_bytes(16) end, '33, "", true' },
  { "openssl.rand_bytes", "fewer than none", function() openssl.rand_bytes(-1) end, "error: bad argument #1 to 'rand_bytes' (invalid length)" },
  { "openssl.rand_bytes", "far too many", function() openssl.rand_bytes(math.maxinteger) end, "error: bad argument #1 to 'rand_bytes' (invalid length)" },
  { "openssl.rand_pseudo_bytes", "so many", function() return #openssl.rand_pseudo_bytes(33) end, "33" },
  { "openssl.rand_pseudo_bytes", "no number", function() openssl.rand_pseudo_bytes "x" end, "error: bad argument #1 to 'rand_pseudo_bytes' (number expected, got string)" },

  -- Large numbers: from and to texts.
  { "openssl.bignum_bin2bn", "bytes, the highest first", function() return openssl.bignum_bin2bn("\1\0"):todec(), openssl.bignum_bin2bn(""):todec() end, '"256", "0"' },
  { "openssl.bignum_bin2bn", "too long", function() openssl.bignum_bin2bn(("x"):rep(100000)) end, "error: bad argument #1 to 'bignum_bin2bn' (too long)" },
  { "openssl.bignum_dec2bn", "a decimal number", function() return tostring(dec "255"), tostring(dec "-255"), dec("340282366920938463463374607431768211456"):num_bits() end, '"FF", "-FF", 129' },
  { "openssl.bignum_dec2bn", "what follows the digits is left", function() return dec("12x"):todec() end, '"12"' },
  { "openssl.bignum_dec2bn", "no digits", function() dec "" end, "~ error: OpenSSL error: .*" },
  { "openssl.bignum_dec2bn", "too long", function() openssl.bignum_dec2bn(("9"):rep(100000)) end, "error: bad argument #1 to 'bignum_dec2bn' (too long)" },
  { "openssl.bignum_hex2bn", "a hexadecimal number", function() return hex2bn("ff"):todec(), hex2bn("FF"):todec() end, '"255", "255"' },
  { "openssl.bignum_hex2bn", "no digits", function() hex2bn "xyz" end, "~ error: OpenSSL error: .*" },
  { "openssl.bignum_rand", "so many bits at most", function() return openssl.bignum_rand(64):num_bits() <= 64, openssl.bignum_rand(0):todec() end, 'true, "0"' },
  { "openssl.bignum_rand", "too many", function() openssl.bignum_rand(1 << 30) end, "error: bad argument #1 to 'bignum_rand' (out of range)" },
  { "openssl.bignum_rand", "fewer than none", function() openssl.bignum_rand(-1) end, "error: bad argument #1 to 'bignum_rand' (out of range)" },
  { "openssl.bignum_pseudo_rand", "so many bits at most", function() return openssl.bignum_pseudo_rand(64):num_bits() <= 64 end, "true" },
  { "openssl.bignum_bn2bin", "no more bytes than needed", both("bn2bin", "tobin", dec "256"), '"\\1\\0"' },
  { "openssl.bignum_bn2bin", "zero", both("bn2bin", "tobin", dec "0"), '""' },
  { "openssl.bignum_bn2bin", "no number", function() openssl.bignum_bn2bin "1" end, "error: bad argument #1 to 'bignum_bn2bin' (descry.bignum expected, got string)" },
  { "openssl.bignum_bn2dec", "decimal", both("bn2dec", "todec", hex2bn "FF"), '"255"' },
  { "openssl.bignum_bn2hex", "capitals, an even number of digits", both("bn2hex", "tohex", dec "2748"), '"0ABC"' },
  { "openssl.bignum_bn2mpi", "length, then bytes, room for a sign", both("bn2mpi", "tompi", dec "255"), '"\\0\\0\\0\\2\\0\\255"' },
  { "openssl.bignum_bn2mpi", "zero", both("bn2mpi", "tompi", dec "0"), '"\\0\\0\\0\\0"' },
  { "bignum:tobin", "of no number", function() SEVENTEEN.tobin({}) end, "error: bad argument #1 to 'tobin' (descry.bignum expected, got table)" },
  { "bignum:todec", "a method", function() return SEVENTEEN:todec() end, '"17"' },
  { "bignum:tohex", "a method, and tostring", function() return SEVENTEEN:tohex(), tostring(SEVENTEEN) end, '"11", "11"' },
  { "bignum:tompi", "a method", function() return SEVENTEEN:tompi() end, '"\\0\\0\\0\\1\\17"' },

  -- Arithmetic.
  { "openssl.bignum_add", "a sum", function() return openssl.bignum_add(SEVENTEEN, dec "25"):todec(), openssl.bignum_add(SEVENTEEN, dec "-18"):todec() end, '"42", "-1"' },
  { "openssl.bignum_add", "no numbers", function() openssl.bignum_add(SEVENTEEN, 5) end, "error: bad argument #2 to 'bignum_add' (descry.bignum expected, got number)" },
  { "openssl.bignum_mod_exp", "a power", function() return openssl.bignum_mod_exp(dec "4", dec "13", dec "497"):todec() end, '"445"' },
  { "openssl.bignum_mod_exp", "modulus zero", function() openssl.bignum_mod_exp(dec "4", dec "13", dec "0") end, "~ error: OpenSSL error: .*" },
  { "openssl.bignum_mod_exp", "no numbers", function() openssl.bignum_mod_exp(SEVENTEEN, SEVENTEEN) end, "error: bad argument #3 to 'bignum_mod_exp' (descry.bignum expected, got no value)" },
  { "openssl.bignum_div", "quotient and remainder", function() local q, r = openssl.bignum_div(dec "100", SEVENTEEN) return q:todec(), r:todec() end, '"5", "15"' },
  { "openssl.bignum_div", "by zero", function() openssl.bignum_div(SEVENTEEN, dec "0") end, "~ error: OpenSSL error: .*" },
  { "openssl.bignum_div", "no numbers", function() openssl.bignum_div(SEVENTEEN, {}) end, "error: bad argument #2 to 'bignum_div' (descry.bignum expected, got table)" },

  -- Bits.
  { "openssl.bignum_num_bits", "how many", both("num_bits", "num_bits", BIG), "129" },
  { "openssl.bignum_num_bytes", "how many", both("num_bytes", "num_bytes", BIG), "17" },
  { "openssl.bignum_set_bit", "in place", function() local n = dec "1" openssl.bignum_set_bit(n, 4) n:set_bit(100) return n:tohex() end, '"10000000000000000000000011"' },
  { "openssl.bignum_set_bit", "out of range", function() openssl.bignum_set_bit(dec "1", 1 << 40) end, "error: bad argument #2 to 'bignum_set_bit' (out of range)" },
  { "openssl.bignum_set_bit", "below zero", function() openssl.bignum_set_bit(dec "1", -1) end, "error: bad argument #2 to 'bignum_set_bit' (out of range)" },
  { "openssl.bignum_clear_bit", "in place", function() local n = dec "255" openssl.bignum_clear_bit(n, 0) n:clear_bit(7) n:clear_bit(1000) return n:todec() end, '"126"' },
  { "openssl.bignum_is_bit_set", "asked", function() return openssl.bignum_is_bit_set(SEVENTEEN, 4), SEVENTEEN:is_bit_set(3), SEVENTEEN:is_bit_set(9999) end, "true, false, false" },
  { "bignum:num_bits", "of zero", function() return dec("0"):num_bits() end, "0" },
  { "bignum:num_bytes", "of zero", function() return dec("0"):num_bytes() end, "0" },
  { "bignum:set_bit", "no number", function() SEVENTEEN:set_bit() end, "error: bad argument #1 to 'set_bit' (number expected, got no value)" },
  { "bignum:clear_bit", "out of range", function() SEVENTEEN:clear_bit(1 << 40) end, "error: bad argument #1 to 'clear_bit' (out of range)" },
  { "bignum:is_bit_set", "out of range", function() return SEVENTEEN:is_bit_set(-1) end, "error: bad argument #1 to 'is_bit_set' (out of range)" },

  -- Primes.
  { "openssl.bignum_is_prime", "asked", both("is_prime", "is_prime", SEVENTEEN), "true" },
  { "openssl.bignum_is_prime", "not prime", both("is_prime", "is_prime", BIG), "false" },
  { "openssl.bignum_is_prime", "zero and one", function() return openssl.bignum_is_prime(dec "0"), openssl.bignum_is_prime(dec "1") end, "false, false" },
  { "openssl.bignum_is_safe_prime", "safe and prime", both("is_safe_prime", "is_safe_prime", dec "23"), "true, true" },
  { "openssl.bignum_is_safe_prime", "prime, not safe", both("is_safe_prime", "is_safe_prime", SEVENTEEN), "false, true" },
  { "openssl.bignum_is_safe_prime", "neither", both("is_safe_prime", "is_safe_prime", BIG), "false, false" },
  { "bignum:is_prime", "no number", function() SEVENTEEN.is_prime(5) end, "error: bad argument #1 to 'is_prime' (descry.bignum expected, got number)" },
  { "bignum:is_safe_prime", "a method", function() return dec("11"):is_safe_prime() end, "true, true" },

  -- Ours, beyond the field's: RFC 7748 (5.2), RFC 8439, BLAKE2s.
  { "openssl.x25519", "two agree", function()
    local a, b = ("a"):rep(32), ("b"):rep(32)
    return openssl.x25519(a, openssl.x25519(b)) == openssl.x25519(b, openssl.x25519(a)), #openssl.x25519(a)
  end, "true, 32" },
  { "openssl.x25519", "a key of another length", function() return pcall(openssl.x25519, "short") end, "~ false, .*" },
  { "openssl.seal", "a text and its tag", function() return #openssl.seal("ChaCha20-Poly1305", ("k"):rep(32), ("n"):rep(12), "text", "") end, "20" },
  { "openssl.seal", "no such cipher", function() return pcall(openssl.seal, "none", ("k"):rep(32), ("n"):rep(12), "text", "") end, "~ false, .*" },
  { "openssl.unseal", "what was sealed", function()
    local key, nonce = ("k"):rep(32), ("n"):rep(12)
    local sealed = openssl.seal("ChaCha20-Poly1305", key, nonce, "text", "bound")
    return openssl.unseal("ChaCha20-Poly1305", key, nonce, sealed, "bound"), openssl.unseal("ChaCha20-Poly1305", key, nonce, sealed, "else")
  end, '"text", nil' },
  { "openssl.mac", "of a length", function() return #openssl.mac("BLAKE2SMAC", ("k"):rep(32), "ab", 16) end, "16" },
  { "openssl.mac", "no such algorithm", function() return pcall(openssl.mac, "none", "k", "ab") end, "~ false, .*" },
}

action = function(host)
  return rows.run(table_of_rows, rows.list("bignum:", stage.methods("descry.bignum", SEVENTEEN), rows.names("openssl.", openssl)), host)
end
