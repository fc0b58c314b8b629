-- Notes when a credential was last used, unless that was noted a short while before.
--
-- KEYS[1]  the credential: a hash with `used`, in microseconds
-- ARGV     now, since when a use counts as noted
--
-- Answers 1 when it was noted.
own(KEYS[1], 'hash')
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
local used = redis.call('HGET', KEYS[1], 'used')
if used and tonumber(used) > tonumber(ARGV[2]) then
  return 0
end
redis.call('HSET', KEYS[1], 'used', ARGV[1])
return 1
