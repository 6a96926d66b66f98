description = [[Rows for the modules zlib, lfs and lpeg (specs/script-host.md, 3.7 to 3.9).]]
categories = { "safe" }

local lfs = require "lfs"
local lpeg = require "lpeg"
local rows = require "rows"
local stdnse = require "stdnse"
local zlib = require "zlib"

hostrule = function()
  return true
end

local LONG = ("hello world "):rep(100)
local PACKED = zlib.compress(LONG)
local TEXT = "first\nsecond\n\nlast"

local function pack(text, ...)
  local out = {}
  local s = zlib.deflate(function(piece) out[#out + 1] = piece end, ...)
  s:write(text)
  s:close()
  return table.concat(out)
end

-- So many MiB of zeros.
local function pack_much(count)
  local out, piece = {}, ("\0"):rep(1024 * 1024)
  local s = zlib.deflate(function(text) out[#out + 1] = text end)
  for _ = 1, count do
    s:write(piece)
  end
  s:close()
  return table.concat(out)
end

local GZIP = pack(TEXT, nil, nil, zlib.GZIP_WINDOWBITS + 15)
local RAW = pack(TEXT, nil, nil, -15)

local function stream(text, ...)
  return zlib.inflate(text or zlib.compress(TEXT), ...)
end

-- A source that gives its text by single bytes.
local function dribble(text)
  local at = 0
  return function()
    at = at + 1
    return at <= #text and text:sub(at, at) or nil
  end
end

local table_of_rows = {
  -- Whole texts.
  { "zlib.version", "a text", function() return zlib.version() end, '~ "%d+%.%d+.*"' },
  { "zlib.adler32", "its beginning, and a known text", function() return zlib.adler32(), zlib.adler32(zlib.adler32(), "Wikipedia") end, "1.0, 300286872.0" },
  { "zlib.adler32", "goes on", function() return zlib.adler32(zlib.adler32(zlib.adler32(), "Wiki"), "pedia") == zlib.adler32(zlib.adler32(), "Wikipedia") end, "true" },
  { "zlib.adler32", "a beginning that is none", function() return zlib.adler32(-1, "x"), zlib.adler32(0 / 0, "x"), zlib.adler32(1e300, "x") end, "~ [%d.e+]+, [%d.e+]+, [%d.e+]+" },
  { "zlib.adler32", "no text", function() zlib.adler32(1) end, "error: bad argument #2 to 'adler32' (string expected, got no value)" },
  { "zlib.crc32", "its beginning, and a known text", function() return zlib.crc32(), zlib.crc32(zlib.crc32(), "123456789") end, "0.0, 3421780262.0" },
  { "zlib.crc32", "no number", function() zlib.crc32("x", "y") end, "error: bad argument #1 to 'crc32' (number expected, got string)" },
  { "zlib.compress", "a text and a number", function() local text, code = zlib.compress(LONG) return #text < 100, code end, "true, 1.0" },
  { "zlib.compress", "nothing", function() return zlib.decompress((zlib.compress "")) end, '""' },
  { "zlib.compress", "levels", function() return #zlib.compress(LONG, zlib.NO_COMPRESSION) > #LONG, #zlib.compress(LONG, zlib.BEST_COMPRESSION) < 100 end, "true, true" },
  { "zlib.compress", "a level that is none", function() return zlib.compress(LONG, 99) end, "nil, -2.0" },
  { "zlib.compress", "no text", function() zlib.compress() end, "error: bad argument #1 to 'compress' (string expected, got no value)" },
  { "zlib.decompress", "back again", function() return zlib.decompress(PACKED) == LONG end, "true" },
  { "zlib.decompress", "gzip, if asked for", function() return zlib.decompress(GZIP, 15 + 32) end, '"first\\nsecond\\n\\nlast"' },
  { "zlib.decompress", "without a head", function() return zlib.decompress(RAW, -15) end, '"first\\nsecond\\n\\nlast"' },
  { "zlib.decompress", "rubbish", function() zlib.decompress "junk" end, "error: failed to process zlib stream" },
  { "zlib.decompress", "a text that was cut ends", function() return LONG:find(zlib.decompress(PACKED:sub(1, 10)), 1, true), zlib.decompress "" end, '1, ""' },
  { "zlib.decompress", "a wrong size of window", function() zlib.decompress(PACKED, 99) end, "error: failed to initialize zstream structures" },
  { "zlib.decompress", "no more than asked for", function() zlib.decompress(PACKED, 15, 100) end, "error: failed to process zlib stream" },
  { "zlib.compress", "too long", function() zlib.compress(("x"):rep(9 * 1024 * 1024)) end, "error: bad argument #1 to 'compress' (too long)" },
  { "zlib.decompress", "a bomb", function() zlib.decompress(pack_much(20)) end, "error: failed to process zlib stream" },
  { "zlib.decompress", "any byte another: nothing breaks", function()
    for i = 1, #PACKED do
      pcall(zlib.decompress, PACKED:sub(1, i - 1) .. string.char(PACKED:byte(i) ~ 0x41) .. PACKED:sub(i + 1))
      pcall(function() return zlib.inflate(PACKED:sub(1, i - 1) .. string.char(PACKED:byte(i) ~ 0x41) .. PACKED:sub(i + 1)):read "*a" end)
    end
  end, "" },

  -- Streams to read.
  { "zlib.inflate", "a text, found out to be zlib or gzip", function() return stream():read "*a", stream(GZIP):read "*a" end, '"first\\nsecond\\n\\nlast", "first\\nsecond\\n\\nlast"' },
  { "zlib.inflate", "without a head", function() return stream(RAW, -15):read "*a" end, '"first\\nsecond\\n\\nlast"' },
  { "zlib.inflate", "a function gives the text", function() return zlib.inflate(dribble(GZIP)):read "*a" end, '"first\\nsecond\\n\\nlast"' },
  { "zlib.inflate", "an object gives the text", function() local from = dribble(GZIP) return zlib.inflate({ read = function() return from() end }):read "*a" end, '"first\\nsecond\\n\\nlast"' },
  { "zlib.inflate", "an object of another kind", function() return zlib.inflate({}):read() end, "error: attempt to call a nil value" },
  { "zlib.inflate", "a function that fails", function() return zlib.inflate(function() error "mine" end):read() end, "error: mine" },
  { "zlib.inflate", "a function that would wait", function() return zlib.inflate(function() stdnse.sleep(1) end):read() end, "error: attempt to yield across a C-call boundary" },
  { "zlib.inflate", "a dictionary", function()
    local packed = pack(TEXT, nil, nil, nil, nil, nil, "second\nfirst\n")
    return zlib.inflate(packed, 15, "second\nfirst\n"):read "*a"
  end, '"first\\nsecond\\n\\nlast"' },
  { "zlib.inflate", "a wrong dictionary", function()
    return zlib.inflate(pack(TEXT, nil, nil, nil, nil, nil, "second\nfirst\n"), 15, "another"):read "*a"
  end, "error: failed to decompress [-3]" },
  { "zlib.inflate", "a wrong size of window", function() zlib.inflate(PACKED, 99) end, "error: failed to initialize zstream structures" },
  { "zlib.inflate", "no source", function() zlib.inflate() end, "error: bad argument #1 to 'inflate' (value expected)" },
  { "inflate:read", "lines", function() local s = stream() return s:read(), s:read "*l", s:read "l", s:read(), s:read() end, '"first", "second", "", "last", nil' },
  { "inflate:read", "so many bytes", function() local s = stream() return s:read(5), s:read(0), s:read(1000), s:read(1) end, '"first", "", "\\nsecond\\n\\nlast", nil' },
  { "inflate:read", "all, and nothing behind it", function() local s = stream() return #s:read "*a", s:read "*a" end, '18, ""' },
  { "inflate:read", "several at a time", function() return stream():read("*l", 3, "*a") end, '"first", "sec", "ond\\n\\nlast"' },
  { "inflate:read", "stops at the first that is not there", function() return stream():read("*a", "*l", "*l") end, '"first\\nsecond\\n\\nlast", nil' },
  { "inflate:read", "another format", function() return stream():read "*n" end, "error: bad argument #1 to 'read' (invalid format)" },
  { "inflate:read", "fewer than none", function() return stream():read(-1) end, "error: bad argument #1 to 'read' (invalid format)" },
  { "inflate:read", "rubbish", function() return stream("junk"):read "*a" end, "error: failed to decompress [-3]" },
  { "inflate:read", "a text that was cut", function() return (TEXT:find(stream(GZIP:sub(1, 20)):read "*a", 1, true)) end, "1" },
  { "inflate:read", "after the end of the stream", function() return stream(zlib.compress "a" .. "more"):read "*a" end, '"a"' },
  { "inflate:read", "a bomb is bounded", function()
    return pcall(function() return #zlib.inflate(pack_much(45)):read "*a" <= 41 * 1024 * 1024 end)
  end, "~ .*" },
  { "inflate:read", "after close", function() local s = stream() s:close() return s:read "*a" end, '""' },
  { "inflate:read", "of no stream", function() stream().read({}) end, "error: bad argument #1 to 'read' (descry.zlib.inflate expected, got table)" },
  { "inflate:read", "asked for while it asks", function()
    local s
    s = zlib.inflate(function() return s:read "*a" end)
    return s:read "*a"
  end, "~ error: .*" },
  { "inflate:lines", "one after another", function()
    local out = {}
    for line in stream():lines() do
      out[#out + 1] = line
    end
    return out
  end, '{"first", "second", "", "last"}' },
  { "inflate:close", "once, and twice", function() local s = stream() return select("#", s:close()), select("#", s:close()) end, "0, 0" },
  { "inflate:close", "by its own source", function()
    local s
    s = zlib.inflate(function() s:close() return PACKED end)
    return s:read "*a"
  end, '""' },
  { "inflate:adler", "of what was read", function() local s = stream(PACKED) s:read "*a" return s:adler() == zlib.adler32(zlib.adler32(), LONG) end, "true" },
  { "zlib.inflate", "as a text", function() local s = stream() local open = tostring(s) s:close() return open, tostring(s) end, '"zlib.inflate (open)", "zlib.inflate (closed)"' },

  -- Streams to write.
  { "zlib.deflate", "to a function", function() return zlib.decompress(pack(LONG)) == LONG end, "true" },
  { "zlib.deflate", "to an object", function()
    local out = {}
    local s = zlib.deflate { write = function(_, piece) out[#out + 1] = piece end }
    s:write "text"
    s:close()
    return zlib.decompress(table.concat(out))
  end, '"text"' },
  { "zlib.deflate", "a level", function() return #pack(LONG, zlib.NO_COMPRESSION) > #LONG end, "true" },
  { "zlib.deflate", "a level that is none", function() zlib.deflate(function() end, 99) end, "error: failed to initialize zstream structures" },
  { "zlib.deflate", "no sink", function() zlib.deflate() end, "error: bad argument #1 to 'deflate' (value expected)" },
  { "zlib.deflate", "a sink that fails", function() local s = zlib.deflate(function() error "mine" end) s:write(LONG) s:close() end, "error: mine" },
  { "deflate:write", "several texts", function()
    local out = {}
    local s = zlib.deflate(function(piece) out[#out + 1] = piece end)
    local ok = s:write("a", "b", 5)
    s:close()
    return ok, zlib.decompress(table.concat(out))
  end, 'true, "ab5"' },
  { "deflate:write", "no text", function() zlib.deflate(print):write {} end, "error: bad argument #1 to 'write' (string expected, got table)" },
  { "deflate:write", "after close", function() local s = zlib.deflate(function() end) s:close() s:write "x" end, "error: calling 'write' on bad self (the stream is closed)" },
  { "deflate:write", "by its own sink", function()
    local s
    s = zlib.deflate(function() s:write "more" end)
    return pcall(function() for _ = 1, 100 do s:write(stdnse.tohex(LONG)) s:flush "full" end end)
  end, "~ .*" },
  { "deflate:flush", "each kind", function()
    local out = {}
    local s = zlib.deflate(function(piece) out[#out + 1] = piece end)
    s:write "text"
    local a, first = s:flush "sync", #table.concat(out)
    s:write "more"
    local b, c = s:flush "full", s:flush "finish"
    return a, b, c, first > 4, zlib.decompress(table.concat(out))
  end, 'true, true, true, true, "textmore"' },
  { "deflate:flush", "another kind", function() zlib.deflate(function() end):flush "down" end, "error: bad argument #1 to 'flush' (invalid option 'down')" },
  { "deflate:close", "once, and twice", function() local s = zlib.deflate(function() end) return s:close(), pcall(s.close, s) end, "~ true, false, .*the stream is closed.*" },
  { "deflate:close", "by its own sink", function()
    local s
    s = zlib.deflate(function() s:close() end)
    return pcall(s.close, s)
  end, "~ .*" },
  { "zlib.deflate", "as a text", function() return tostring(zlib.deflate(print)) end, '"zlib.deflate (open)"' },

  -- Constants.
  { "zlib constants", "levels", function() return zlib.NO_COMPRESSION, zlib.BEST_SPEED, zlib.BEST_COMPRESSION, zlib.DEFAULT_COMPRESSION end, "0, 1, 9, -1" },
  { "zlib constants", "strategies", function() return zlib.FILTERED, zlib.HUFFMAN_ONLY, zlib.RLE, zlib.FIXED, zlib.DEFAULT_STRATEGY end, "1, 2, 3, 4, 0" },
  { "zlib constants", "windows", function() return zlib.DEFAULT_WINDOWBITS, zlib.MINIMUM_WINDOWBITS, zlib.MAXIMUM_WINDOWBITS, zlib.GZIP_WINDOWBITS, zlib.RAW_WINDOWBITS end, "15, 8, 15, 16, -1" },
  { "zlib constants", "memory", function() return zlib.DEFAULT_MEMLEVEL, zlib.MINIMUM_MEMLEVEL, zlib.MAXIMUM_MEMLEVEL end, "8, 1, 9" },

  -- Files and directories: only looked at.
  { "lfs.get_path_separator", "a slash", function() return lfs.get_path_separator() end, '"/"' },
  { "lfs.mkdir", "is kept from scripts", function() return lfs.mkdir "/tmp/descry-must-not-be" end, 'nil, "Permission denied"' },
  { "lfs.mkdir", "no name", function() lfs.mkdir() end, "error: bad argument #1 to 'mkdir' (string expected, got no value)" },
  { "lfs.rmdir", "is kept from scripts", function() return lfs.rmdir "/tmp" end, 'nil, "Permission denied"' },
  { "lfs.link", "is kept from scripts", function() return lfs.link("/etc/passwd", "/tmp/descry-must-not-be", true) end, 'nil, "Permission denied"' },
  { "lfs.link", "one name", function() lfs.link "x" end, "error: bad argument #2 to 'link' (string expected, got no value)" },
  { "lfs.dir", "the names in a data directory", function()
    local found = {}
    for name in lfs.dir((SCRIPT_PATH:gsub("/[^/]*$", ""))) do
      found[name] = true
    end
    return found["packing.nse"], found["."]
  end, "true, true" },
  { "directory:next", "its object", function()
    local step, object = lfs.dir((SCRIPT_PATH:gsub("/[^/]*$", "")))
    return type(step), type(object:next()), type(step(object)), select("#", object:close()), pcall(object.next, object)
  end, '~ "function", "string", "string", 0, false, ".*%(closed directory%)"' },
  { "directory:next", "of no directory", function() return select(2, lfs.dir((SCRIPT_PATH:gsub("/[^/]*$", "")))).next({}) end,
    "error: bad argument #1 to 'next' (descry.directory expected, got table)" },
  { "directory:close", "twice", function() local _, d = lfs.dir((SCRIPT_PATH:gsub("/[^/]*$", ""))) d:close() return d:close() end, "" },
  { "lfs.dir", "elsewhere", function() lfs.dir "/etc" end, "error: cannot open /etc: Permission denied" },
  { "lfs.dir", "out of the directory", function() lfs.dir((SCRIPT_PATH:gsub("/[^/]*$", "/../../../../..")) ) end, "~ error: cannot open .*: Permission denied" },
  { "lfs.dir", "not there", function() lfs.dir "/no/such" end, "~ error: cannot open /no/such: .*" },

  -- LPeg is upstream's: that it is there, whole, and can be used.
  { "lpeg.match", "a grammar", function()
    local number = lpeg.C(lpeg.R "09" ^ 1) / tonumber
    return lpeg.match(lpeg.Ct(number * (lpeg.P "," * number) ^ 0) * -1, "1,22,333")
  end, "{1, 22, 333}" },
  { "lpeg.match", "all that scripts need", function()
    for _, name in ipairs { "P", "R", "S", "V", "C", "Cb", "Cc", "Carg", "Cf", "Cg", "Cmt", "Cp", "Cs", "Ct", "locale", "match" } do
      if type(lpeg[name]) ~= "function" then
        return name
      end
    end
  end, "" },
  { "lpeg.match", "a stack that is used up is an error", function() return lpeg.match(lpeg.P { "(" * lpeg.V(1) * ")" + lpeg.P "" }, ("("):rep(100000)) end, "~ error: .*stack overflow.*" },
}

action = function(host)
  local names = { "lpeg.match", "zlib constants" }
  for name, value in pairs(zlib) do
    names[#names + 1] = type(value) == "function" and "zlib." .. name or nil
  end
  rows.names("lfs.", lfs, names)
  rows.list("directory:", stage.methods("descry.directory", select(2, lfs.dir((SCRIPT_PATH:gsub("/[^/]*$", ""))))), names)
  rows.list("inflate:", stage.methods("descry.zlib.inflate", stream()), names)
  rows.list("deflate:", stage.methods("descry.zlib.deflate", zlib.deflate(print)), names)
  return rows.run(table_of_rows, names, host)
end
