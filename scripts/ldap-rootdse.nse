local ldap = require "ldap"
local naming = require "naming"
local stdnse = require "stdnse"

description = [[
Shows the root DSE of a directory (RFC 4512, section 5.1): what the server tells everybody about itself: naming contexts, versions, mechanisms, vendor.

One search without a bind. Active Directory answers over udp, too.
]]

---
-- @usage descry --script ldap-rootdse -p 389 HOST
--
-- @output
-- 389/tcp open ldap
-- | ldap-rootdse:
-- |   namingContexts: dc=example,dc=org
-- |   supportedLDAPVersion: 3
-- |   supportedSASLMechanisms:
-- |     SCRAM-SHA-256
-- |_    GSSAPI

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "discovery", "safe", "version" }

portrule = naming.rule { ports = { 389, 636, 3268, 3269 }, services = { "ldap", "ldaps", "ldapssl", "globalcatLDAP", "globalcatLDAPssl" }, protocol = { "tcp", "udp" }, more = true }

local MOST_VALUES = 100

-- How a vendor calls itself: pattern, product, CPE.
local VENDORS = {
  { "^389 Project", "389 Directory Server", "a:redhat:389_directory_server" },
  { "^Samba Team", "Samba Active Directory LDAP", "a:samba:samba" },
  { "^Apache Software Foundation", "ApacheDS", "a:apache:apacheds" },
  { "^OpenLDAP", "OpenLDAP", "a:openldap:openldap" },
  { "^ForgeRock", "ForgeRock Directory Services", nil },
  { "^Sun Microsystems", "Sun Directory Server", nil },
}

local function value_of(attributes, name)
  for _, attribute in ipairs(attributes) do
    if attribute.name:lower() == name:lower() then
      return attribute.values[1]
    end
  end
end

local function tell(host, port, attributes)
  local facts = { name = "ldap" }
  local vendor, version = value_of(attributes, "vendorName") or "", value_of(attributes, "vendorVersion") or ""
  for _, row in ipairs(VENDORS) do
    if vendor:find(row[1]) then
      facts.product = row[2]
      facts.version = version:match "/(%d[%w.-]*)" or version:match "(%d+%.[%w.-]*)"
      facts.cpe = row[3] and naming.cpe(row[3], facts.version)
    end
  end
  local domain = value_of(attributes, "defaultNamingContext")
  if domain and value_of(attributes, "dsServiceName") and not facts.product then
    facts.product, facts.ostype = "Microsoft Windows Active Directory LDAP", "Windows"
    facts.cpe = "cpe:/o:microsoft:windows"
  elseif value_of(attributes, "configContext") == "cn=config" and not facts.product then
    facts.product, facts.cpe = "OpenLDAP", "cpe:/a:openldap:openldap"
  end
  facts.hostname = (value_of(attributes, "dnsHostName") or ""):match "^[%w.-]+"
  naming.tell(host, port, facts)
end

-- What may be bytes (a GUID, a certificate) is shown as hex digits.
local function shown(value)
  return value:find "[%z\1-\8\14-\31\127]" and "0x" .. stdnse.tohex(value) or value
end

action = function(host, port)
  -- "+" asks for the operational attributes, too (RFC 3673): most of a root DSE is of that kind.
  local attributes, code = ldap.root(host, port, { "*", "+" })
  if not attributes then
    if code then
      naming.tell(host, port, { name = "ldap" })
    end
    return nil
  end
  tell(host, port, attributes)
  local out = stdnse.output_table()
  for _, attribute in ipairs(attributes) do
    local values = {}
    for i = 1, math.min(MOST_VALUES, #attribute.values) do
      values[i] = shown(attribute.values[i])
    end
    out[attribute.name] = #values == 1 and values[1] or values
  end
  return out
end
