-- A credential with its last use, if its person's list has it: what Redis removed from there to make room can't be
-- revoked with the others any more, so it is good no longer.
--
-- KEYS[1]  the credential
-- ARGV     its digest, what the keys of people's digests begin with
own(KEYS[1], 'hash')
local held = redis.call('HMGET', KEYS[1], 'person', 'json', 'used')
if not held[1] then
  return false
end
local digests = ARGV[2] .. held[1]
own(digests, 'set')
if redis.call('SISMEMBER', digests, ARGV[1]) == 0 then
  return false
end
return {held[2], held[3]}
