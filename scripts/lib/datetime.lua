-- datetime: points in time as seconds since 1970, tables {year, month, day, hour, min, sec} and texts, and how far clocks are apart.
-- SPDX-License-Identifier: BSD-2-Clause
local M = {}

-- Days from 1970-01-01 to a civil date (proleptic Gregorian; years count from March so that the leap day is the last one).
local function days_from_civil(year, month, day)
  if month <= 2 then
    year = year - 1
  end
  local era = year // 400
  local of_era = year - era * 400
  local of_year = (153 * (month + (month > 2 and -3 or 9)) + 2) // 5 + day - 1
  return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
end

--- Seconds since 1970 of a table {year, month, day, hour, min, sec} that is told in UTC, or with an offset in seconds.
function M.date_to_timestamp(date, offset)
  local days = days_from_civil(date.year, date.month, date.day)
  return days * 86400 + (date.hour or 12) * 3600 + (date.min or 0) * 60 + (date.sec or 0) - (offset or 0)
end

--- ISO 8601 of a table {year, month, ...} or of seconds since 1970; with an offset in seconds it is told in that zone.
function M.format_timestamp(when, offset)
  if type(when) == "table" then
    when = M.date_to_timestamp(when, offset)
  end
  local text = os.date("!%Y-%m-%dT%H:%M:%S", math.floor(when + (offset or 0)))
  if not offset then
    return text
  end
  local minutes = math.abs(offset) // 60
  return text .. ("%s%02d:%02d"):format(offset < 0 and "-" or "+", minutes // 60, minutes % 60)
end

--- "2d03h04m05s", "4m05s", "5s" of a number of seconds; a negative one gets a minus.
function M.format_time(seconds)
  local sign = seconds < 0 and "-" or ""
  local left = math.floor(math.abs(seconds) + 0.5)
  local text = ("%02ds"):format(left % 60)
  local days, hours, minutes = left // 86400, left // 3600 % 24, left // 60 % 60
  if days > 0 then
    text = ("%dd%02dh%02dm%s"):format(days, hours, minutes, text)
  elseif hours > 0 then
    text = ("%dh%02dm%s"):format(hours, minutes, text)
  elseif minutes > 0 then
    text = ("%dm%s"):format(minutes, text)
  else
    text = ("%ds"):format(left)
  end
  return sign .. text
end

--- The time between two tables {year, month, ...}, as format_time tells it.
function M.format_difftime(t2, t1)
  local seconds = M.date_to_timestamp(t2) - M.date_to_timestamp(t1)
  return M.format_time(seconds)
end

--- How many seconds our own zone is ahead of UTC, at a time (default: now).
function M.utc_offset(when)
  when = when or os.time()
  local here = os.date("*t", when)
  here.isdst = nil
  return M.date_to_timestamp(here) - math.floor(when)
end

--- Notes with the host that its clock said `timestamp` (seconds since 1970, or a table told in UTC) when ours said `received` (default: now):
-- host.registry.datetime_skew is a list of differences in seconds. Half a round trip is taken for the way.
function M.record_skew(host, timestamp, received)
  if type(timestamp) == "table" then
    timestamp = M.date_to_timestamp(timestamp)
  end
  local registry = host.registry
  if type(registry) ~= "table" or type(timestamp) ~= "number" then
    return
  end
  local way = (host.times and host.times.srtt or 0) / 2
  registry.datetime_skew = registry.datetime_skew or {}
  registry.datetime_skew[#registry.datetime_skew + 1] = timestamp - ((received or os.time()) - way)
end

return M
