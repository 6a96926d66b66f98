local mysql = require "mysql"
local naming = require "naming"
local stdnse = require "stdnse"

description = [[
Shows the greeting of a MySQL or MariaDB server: protocol, version, connection number, capabilities, character set, way of login.

Only the greeting is read; nobody logs in. A server that refuses our address says why.
]]

---
-- @usage descry --script mysql-info -p 3306 HOST
--
-- @output
-- 3306/tcp open mysql
-- | mysql-info:
-- |   Protocol: 10
-- |   Version: 5.5.5-10.11.6-MariaDB-0+deb12u1
-- |   Thread ID: 31
-- |   Capabilities: LongPassword, FoundRows, SSL
-- |   Status: Autocommit
-- |_  Auth Plugin Name: mysql_native_password

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "default", "discovery", "safe", "version" }

portrule = naming.rule { ports = { 3306 }, services = { "mysql" }, more = true }

local function tell(host, port, greeting)
  local version = greeting.version
  local maria = version:match "^5%.5%.5%-([%d.]+)%-MariaDB" or version:match "^([%d.]+)%-MariaDB"
  if maria then
    naming.tell(host, port, { name = "mysql", product = "MariaDB", version = maria, cpe = naming.cpe("a:mariadb:mariadb", maria) })
  elseif version:find "^%d+%.%d+%.%d+" then
    naming.tell(host, port, { name = "mysql", product = "MySQL", version = version, cpe = naming.cpe("a:oracle:mysql", version:match "^[%d.]+") })
  else
    naming.tell(host, port, { name = "mysql" })
  end
end

action = function(host, port)
  local greeting = mysql.greeting(host, port)
  if not greeting then
    return nil
  end
  local out = stdnse.output_table()
  if greeting.error then
    naming.tell(host, port, { name = "mysql" })
    out["Error code"] = greeting.error
    out["Error message"] = greeting.message
    return out
  end
  tell(host, port, greeting)
  out.Protocol = greeting.protocol
  out.Version = greeting.version
  out["Thread ID"] = greeting.thread
  if greeting.capabilities then
    out["Capabilities flags"] = greeting.capabilities
    out.Capabilities = table.concat(mysql.capability_names(greeting.capabilities), ", ")
    out.Charset = greeting.charset
    out.Status = greeting.status & 2 ~= 0 and "Autocommit" or nil
    out.Salt = stdnse.tohex(greeting.salt)
    out["Auth Plugin Name"] = greeting.plugin
  end
  return out
end
