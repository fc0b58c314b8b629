-- Stores a credential, unless one with its digest is there.
--
-- KEYS[1]  the credential: a hash with `person` and `json`, and `used` once it was
-- KEYS[2]  the digests of the person: a set, kept as long as the last of its credentials
-- ARGV     digest, person, json, milliseconds to keep it (empty: for ever)
--
-- Answers 1 when it was stored.
own(KEYS[1], 'hash')
own(KEYS[2], 'set')
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
redis.call('HSET', KEYS[1], 'person', ARGV[2], 'json', ARGV[3])
local left = redis.call('PTTL', KEYS[2])
redis.call('SADD', KEYS[2], ARGV[1])
if ARGV[4] == '' then
  redis.call('PERSIST', KEYS[2])
else
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
  if left ~= -1 and left < tonumber(ARGV[4]) then
    redis.call('PEXPIRE', KEYS[2], ARGV[4])
  end
end
return 1
