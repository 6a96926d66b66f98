-- creds: accounts that the user gave (script arguments) or that scripts found, kept for the run. Nothing here tries one.
-- SPDX-License-Identifier: BSD-2-Clause
--
--   --script-args creds.global=admin:secret,creds.http=web:secret
--   for cred in creds.Credentials:new({ SCRIPT_NAME, "http" }, host, port):getCredentials(creds.State.PARAM) do ... cred.user, cred.pass
local nmap = require "nmap"
local stdnse = require "stdnse"
local tableaux = require "tableaux"

local M = {}

--- What is known of an account; several may be added up.
M.State = { LOCKED = 1, VALID = 2, DISABLED = 4, CHANGE = 8, PARAM = 16, EXPIRED = 32, TIME_RESTRICTED = 64, HOST_RESTRICTED = 128, LOCKED_VALID = 256,
  DISABLED_VALID = 512, HOST_RESTRICTED_VALID = 1024 }

M.StateMsg = { [M.State.LOCKED] = "Account is locked", [M.State.VALID] = "Valid credentials", [M.State.DISABLED] = "Account is disabled",
  [M.State.CHANGE] = "Password needs to be changed at next logon", [M.State.PARAM] = "Credentials passed to script during Nmap execution",
  [M.State.EXPIRED] = "Valid credentials, account expired", [M.State.TIME_RESTRICTED] = "Valid credentials, account cannot log in at current time",
  [M.State.HOST_RESTRICTED] = "Valid credentials, account cannot log in from current host", [M.State.LOCKED_VALID] = "Valid credentials, account locked",
  [M.State.DISABLED_VALID] = "Valid credentials, account disabled", [M.State.HOST_RESTRICTED_VALID] = "Valid credentials, account cannot log in from current host" }

--- As tags: every account, whosever it is.
M.ALL_DATA = { "*" }

local Account = {}
Account.__index = Account
M.Account = Account

function Account:new(username, password, state)
  return setmetatable({ username = username or "", password = password or "", state = state or M.State.VALID }, self)
end

function Account:__tostring()
  local message = M.StateMsg[self.state]
  return ("%s:%s%s"):format(self.username ~= "" and self.username or "<empty>", self.password ~= "" and self.password or "<empty>", message and " - " .. message or "")
end

local function kept()
  nmap.registry.creds = nmap.registry.creds or {}
  return nmap.registry.creds
end

local Credentials = {}
Credentials.__index = Credentials
M.Credentials = Credentials

--- The accounts of some tags (names of scripts or services, or ALL_DATA) on a host or port; both may be nil.
function Credentials:new(tags, host, port)
  return setmetatable({ tags = type(tags) == "table" and tags or { tags }, host = host, port = port }, self)
end

--- Keeps one.
function Credentials:add(user, pass, state)
  local list = kept()
  list[#list + 1] = { user = user, pass = pass, state = state, tags = self.tags, host = type(self.host) == "table" and self.host.ip or self.host,
    port = type(self.port) == "table" and self.port.number or self.port, service = type(self.port) == "table" and self.port.service or nil }
  return true
end

local function matches(self, cred, state)
  local ip = type(self.host) == "table" and self.host.ip or self.host
  local number = type(self.port) == "table" and self.port.number or self.port
  if ip and cred.host and ip ~= cred.host or number and cred.port and number ~= cred.port or state and cred.state & state == 0 then
    return false
  end
  if self.tags == M.ALL_DATA then
    return true
  end
  for _, wanted in ipairs(self.tags) do
    for _, tag in ipairs(cred.tags) do
      if wanted == tag then
        return true
      end
    end
  end
  return false
end

-- What the user gave: for everything, and for the tags and the service.
local function given(self)
  local list, names = {}, { "global" }
  for _, tag in ipairs(self.tags) do
    names[#names + 1] = tag ~= "*" and tag or nil
  end
  local service = type(self.port) == "table" and self.port.service
  names[#names + 1] = service and not tableaux.contains(self.tags, service) and service or nil
  for _, name in ipairs(names) do
    local value = stdnse.get_script_args("creds." .. name)
    for _, text in ipairs(type(value) == "table" and value or { value }) do
      local user, pass = tostring(text):match "^([^:]*):(.*)$"
      if user then
        list[#list + 1] = { user = user ~= "" and user or nil, pass = pass ~= "" and pass or nil, state = M.State.PARAM, tags = self.tags, service = name }
      end
    end
  end
  return list
end

--- An iterator over what is known, in some states (default: all): {user =, pass =, state =, tags =, host =, port =, service =}.
function Credentials:getCredentials(state)
  local found = {}
  for _, cred in ipairs(given(self)) do
    if not state or state & M.State.PARAM ~= 0 then
      found[#found + 1] = cred
    end
  end
  for _, cred in ipairs(kept()) do
    if matches(self, cred, state) then
      found[#found + 1] = cred
    end
  end
  local at = 0
  return function()
    at = at + 1
    return found[at]
  end
end

--- What scripts found, as lines for a script's output; nil if it is nothing.
function Credentials:getTable()
  local lines = {}
  for _, cred in ipairs(kept()) do
    if matches(self, cred) then
      lines[#lines + 1] = tostring(Account:new(cred.user, cred.pass, cred.state))
    end
  end
  table.sort(lines)
  return #lines > 0 and lines or nil
end

function Credentials:__tostring()
  local lines = self:getTable()
  return lines and stdnse.format_output(true, lines) or ""
end

return M
