local amqp = require "amqp"
local naming = require "naming"
local stdnse = require "stdnse"

description = [[
Shows what an AMQP 0-9-1 broker says in its first frame: product, version, platform, capabilities, ways to log in.

The client's part is eight bytes that name the protocol; the connection is closed after the broker's frame.
]]

---
-- @usage descry --script amqp-info -p 5672 HOST
--
-- @output
-- 5672/tcp open amqp RabbitMQ 3.10.8
-- | amqp-info:
-- |   product: RabbitMQ
-- |   version: 3.10.8
-- |   platform: Erlang/OTP 25.2.3
-- |   cluster_name: rabbit@lab
-- |_  mechanisms: PLAIN AMQPLAIN

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "default", "discovery", "safe", "version" }

portrule = naming.rule { ports = { 5672, 5671 }, services = { "amqp", "amqps" }, more = true }

local CPE = { RabbitMQ = "a:vmware:rabbitmq" }

local function text(value)
  return type(value) == "string" and value or nil
end

action = function(host, port)
  local start, other = amqp.start(host, port)
  if not start then
    if other then
      naming.tell(host, port, { name = "amqp", extrainfo = other })
      return other
    end
    return nil
  end
  local out, said = stdnse.output_table(), start.properties
  for _, name in ipairs { "product", "version", "platform", "cluster_name", "copyright", "information" } do
    out[name] = text(said[name])
  end
  if type(said.capabilities) == "table" then
    local names = {}
    for name, value in pairs(said.capabilities) do
      names[#names + 1] = value == true and name or nil
    end
    table.sort(names)
    out.capabilities = names
  end
  out.mechanisms = start.mechanisms
  out.locales = start.locales
  naming.tell(host, port, { name = "amqp", product = out.product, version = out.version, extrainfo = ("%d-%d"):format(start.major, start.minor),
    cpe = out.product and CPE[out.product] and naming.cpe(CPE[out.product], out.version) })
  return out
end
