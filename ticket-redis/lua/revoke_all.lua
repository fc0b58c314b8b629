-- Revokes all credentials of a person and answers how many there were.
--
-- KEYS[1]  the digests of the person
-- ARGV[1]  what the keys of credentials begin with
own(KEYS[1], 'set')
local revoked = 0
for _, digest in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local key = ARGV[1] .. digest
  own(key, 'hash')
  revoked = revoked + redis.call('DEL', key)
end
redis.call('DEL', KEYS[1])
return revoked
