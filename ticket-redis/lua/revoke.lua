-- Revokes a credential; answers 1 to the one caller who did.
--
-- KEYS[1]  the credential
-- ARGV     its digest, what the keys of people's digests begin with
own(KEYS[1], 'hash')
local person = redis.call('HGET', KEYS[1], 'person')
if redis.call('DEL', KEYS[1]) == 0 then
  return 0
end
if person then
  local digests = ARGV[2] .. person
  own(digests, 'set')
  redis.call('SREM', digests, ARGV[1])
end
return 1
