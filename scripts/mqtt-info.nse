local mqtt = require "mqtt"
local naming = require "naming"
local rand = require "rand"
local stdnse = require "stdnse"
local stream = require "stream"

description = [[
Names an MQTT broker: whether it takes a client without a name, and what it publishes of itself under $SYS/broker/version.

One connection with a clean session; one subscription to a topic that only the broker writes. Nothing is published.
]]

---
-- @usage descry -sV -p 1883 HOST
--
-- @output
-- 1883/tcp open mqtt mosquitto 2.0.11
-- | mqtt-info:
-- |   connect: accepted
-- |_  $SYS/broker/version: mosquitto version 2.0.11

author = "the descry authors"
license = "BSD-2-Clause"
categories = { "discovery", "safe", "version" }

portrule = naming.rule { ports = { 1883, 8883 }, services = { "mqtt", "secure-mqtt" }, more = true }

local TOPICS = { "$SYS/broker/version" }
local MOST_PACKETS = 6

-- How brokers call themselves: pattern, product, CPE.
local PRODUCTS = {
  { "^mosquitto version ([%w.]+)", "mosquitto", "a:eclipse:mosquitto" },
  { "^HiveMQ ([%w.]+)", "HiveMQ", nil },
  { "^aedes ([%w.]+)", "aedes", nil },
}

local function tell(host, port, text)
  local facts = { name = "mqtt" }
  for _, row in ipairs(PRODUCTS) do
    local version = text and text:match(row[1])
    if version then
      facts.product, facts.version, facts.cpe = row[2], version, row[3] and naming.cpe(row[3], version)
    end
  end
  naming.tell(host, port, facts)
end

-- The first message of one of our topics.
local function version_of(s)
  if not s:send(mqtt.subscribe(1, TOPICS, 4)) then
    return nil
  end
  for _ = 1, MOST_PACKETS do
    local packet = mqtt.read(s)
    if not packet then
      return nil
    end
    local topic, payload = mqtt.message(packet, 4)
    if topic == TOPICS[1] then
      return payload
    end
    -- A subscription that is refused brings no message (3.1.1, section 3.9.3).
    if packet.kind == mqtt.KIND.suback and packet.body:byte(3) == 0x80 then
      return nil
    end
  end
end

action = function(host, port)
  local s = stream.open(host, port, { request_timeout = 2000 })
  if not s then
    return nil
  end
  local code, words, version
  if s:send(mqtt.connect("descry-" .. rand.random_alpha(8), 4)) then
    code, words = mqtt.answer(mqtt.read(s))
    version = code == 0 and version_of(s)
    s:send(mqtt.disconnect())
  end
  s:close()
  if not code then
    return nil
  end
  tell(host, port, version)
  local out = stdnse.output_table()
  out.connect = code == 0 and "accepted" or words or ("refused (%d)"):format(code)
  out[TOPICS[1]] = version or nil
  return out
end
