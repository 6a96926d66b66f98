local base64 = require "base64"
local shortport = require "shortport"
local ssh2 = require "ssh2"
local stdnse = require "stdnse"
local openssl = stdnse.silent_require "openssl"

description = [[
Shows the host keys of an SSH 2 server: bits, fingerprint, kind.

For each kind of key that the server offers, one key exchange is begun on a connection of its own and left when the server has shown its key. Nobody logs in.
]]

---
-- @usage descry --script ssh-hostkey -p 22 HOST
-- @usage descry --script ssh-hostkey --script-args ssh_hostkey=full HOST
--
-- @args ssh_hostkey  words of what to show: `sha256` (the default), `md5`, `full` (the whole key), `all`
--
-- @output
-- 22/tcp open ssh
-- | ssh-hostkey:
-- |   256 SHA256:1bQDsnzLzHDN2nTTPWDCyNVy+rCThH3jgM4Xs2kJEWM (ssh-ed25519)
-- |_  3072 SHA256:GNkIvO3jIZrqIcRgp3sXG3nE9aHgBrw+y3nJvYh5BIo (ssh-rsa)

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "default", "discovery", "safe" }

portrule = shortport.port_or_service(22, "ssh")

-- Kinds of keys, and the names of signatures by which each is asked for, the better first (RFC 8332: one RSA key serves three names).
local KINDS = {
  { "ssh-ed25519" },
  { "ssh-ed448" },
  { "ecdsa-sha2-nistp256" },
  { "ecdsa-sha2-nistp384" },
  { "ecdsa-sha2-nistp521" },
  { "rsa-sha2-512", "rsa-sha2-256", "ssh-rsa" },
  { "ssh-dss" },
}

local function wanted()
  local told = stdnse.get_script_args { "ssh_hostkey", SCRIPT_NAME .. ".format" }
  local words = type(told) == "table" and told or { tostring(told or "sha256") }
  local set = {}
  for _, text in ipairs(words) do
    for word in text:gmatch "%w+" do
      set[word] = true
    end
  end
  return set
end

local function line(key, told, how)
  local lines, size = {}, told.bits or "?"
  if how.md5 or how.all then
    lines[#lines + 1] = ("%s %s (%s)"):format(size, stdnse.format_mac(openssl.md5(key)), told.type)
  end
  if how.sha256 or how.all then
    lines[#lines + 1] = ("%s SHA256:%s (%s)"):format(size, base64.enc(openssl.digest("sha256", key)):gsub("=+$", ""), told.type)
  end
  if how.full or how.all then
    lines[#lines + 1] = told.type .. " " .. base64.enc(key)
  end
  return table.concat(lines, "\n")
end

local function row(key, told, how)
  return setmetatable({ type = told.type, bits = told.bits and tostring(told.bits), fingerprint = stdnse.tohex(openssl.md5(key)), key = base64.enc(key) }, {
    __tostring = function()
      return line(key, told, how)
    end,
  })
end

action = function(host, port)
  local lists = ssh2.algorithms(host, port)
  if not lists then
    return nil
  end
  local offered = {}
  for _, name in ipairs(lists.server_host_key_algorithms) do
    offered[name] = true
  end
  local how, out = wanted(), {}
  for _, names in ipairs(KINDS) do
    for _, name in ipairs(names) do
      if offered[name] then
        local key = ssh2.host_key(host, port, name)
        local told = key and ssh2.parse_key(key)
        if told then
          out[#out + 1] = row(key, told, how)
        end
        break
      end
    end
  end
  return #out > 0 and out or nil
end
