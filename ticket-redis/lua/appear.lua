-- Puts a person at a ticket, and forgets who is gone.
--
-- KEYS[1]  the ticket: a hash of `until:doing` by person, kept as long as the last of them
-- ARGV     person, until and now in microseconds, doing, milliseconds to keep it
own(KEYS[1], 'hash')
local people = redis.call('HGETALL', KEYS[1])
for i = 1, #people, 2 do
  local leaves = tonumber(string.match(people[i + 1], '^-?%d+'))
  if not leaves or leaves <= tonumber(ARGV[3]) then
    redis.call('HDEL', KEYS[1], people[i])
  end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ':' .. ARGV[4])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[5]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
end
return 1
