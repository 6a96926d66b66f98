local ssh2 = require "ssh2"
local shortport = require "shortport"
local stdnse = require "stdnse"

description = [[
Lists the algorithms that an SSH 2 server offers: key exchange, host keys, encryption, integrity, compression.

The lists stand in the first packet that the server sends; nothing else is asked.
]]

---
-- @usage descry --script ssh2-enum-algos -p 22 HOST
--
-- @output
-- 22/tcp open ssh
-- | ssh2-enum-algos:
-- |   kex_algorithms: (2)
-- |       curve25519-sha256
-- |       diffie-hellman-group14-sha256
-- |   server_host_key_algorithms: (1)
-- |_      ssh-ed25519

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "discovery", "safe" }

portrule = shortport.port_or_service(22, "ssh")

-- Both directions are told once when they are the same.
local SHOWN = {
  { "kex_algorithms", "kex_algorithms" },
  { "server_host_key_algorithms", "server_host_key_algorithms" },
  { "encryption_algorithms", "encryption_algorithms_client_to_server", "encryption_algorithms_server_to_client" },
  { "mac_algorithms", "mac_algorithms_client_to_server", "mac_algorithms_server_to_client" },
  { "compression_algorithms", "compression_algorithms_client_to_server", "compression_algorithms_server_to_client" },
}

local function show(list)
  return setmetatable(list, {
    __tostring = function(self)
      local lines = { ("(%d)"):format(#self) }
      for _, name in ipairs(self) do
        lines[#lines + 1] = "      " .. name
      end
      return table.concat(lines, "\n")
    end,
  })
end

action = function(host, port)
  local lists = ssh2.algorithms(host, port)
  if not lists then
    return nil
  end
  local out = stdnse.output_table()
  for _, row in ipairs(SHOWN) do
    local there, back = lists[row[2]], lists[row[3] or row[2]]
    if table.concat(there, ",") == table.concat(back, ",") then
      out[row[1]] = show(there)
    else
      out[row[2]], out[row[3]] = show(there), show(back)
    end
  end
  return out
end
