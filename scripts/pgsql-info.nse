local naming = require "naming"
local pgsql = require "pgsql"
local stdnse = require "stdnse"

description = [[
Shows how a PostgreSQL server receives a stranger: whether it offers TLS, and what it says to a start of a protocol version that does not exist.

The refusal names the file and line of the server's source that wrote it. Nobody logs in, no user is named.
]]

---
-- @usage descry --script pgsql-info -p 5432 HOST
--
-- @output
-- 5432/tcp open postgresql
-- | pgsql-info:
-- |   ssl: true
-- |   protocols: 3.0 to 3.0
-- |_  source: postmaster.c:2195 (ProcessStartupPacket)

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "discovery", "safe", "version" }

portrule = naming.rule { ports = { 5432 }, services = { "postgresql" }, more = true }

action = function(host, port)
  local refusal = pgsql.refusal(host, port)
  if not refusal then
    return nil
  end
  local out = stdnse.output_table()
  out.ssl = pgsql.offers_tls(host, port)
  local first, last = (refusal.M or ""):match "supports ([%d.]+) to ([%d.]+)"
  if first then
    out.protocols = first .. " to " .. last
  end
  out.message = refusal.M
  if refusal.F and refusal.L then
    out.source = ("%s:%s (%s)"):format(refusal.F, refusal.L, refusal.R or "?")
  end
  naming.tell(host, port, { name = "postgresql", product = refusal.R == "ProcessStartupPacket" and "PostgreSQL DB" or nil,
    cpe = refusal.R == "ProcessStartupPacket" and "cpe:/a:postgresql:postgresql" or nil })
  return out
end
