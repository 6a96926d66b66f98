-- base64: RFC 4648, section 4. SPDX-License-Identifier: BSD-2-Clause
local radix = require "radix"

-- The alphabet of section 5 is understood, too.
local code = radix.new("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6, 4, { ["-"] = 62, ["_"] = 63 })

--- enc(bytes), dec(text)
return { enc = code.enc, dec = code.dec }
