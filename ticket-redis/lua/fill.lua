-- Fills entries of the cache where the own mark still is.
--
-- KEYS     as for look.lua
-- ARGV     field, mark, milliseconds that an entry holds, then one value for each key
--
-- Answers how many were filled.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local filled = 0
for i, key in ipairs(KEYS) do
  own(key, 'hash')
  local held = redis.call('HGET', key, ARGV[1])
  local expires, mark
  if held then
    expires, mark = string.match(held, '^(%d+):m:(.*)$')
  end
  if mark == ARGV[2] and tonumber(expires) > now then
    redis.call('HSET', key, ARGV[1], string.format('%.0f:v:', now + ARGV[3]) .. ARGV[3 + i])
    if redis.call('PTTL', key) < tonumber(ARGV[3]) then
      redis.call('PEXPIRE', key, ARGV[3])
    end
    filled = filled + 1
  end
end
return filled
