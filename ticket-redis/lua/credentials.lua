-- The credentials of a person, each with its last use; digests of those that expired are forgotten.
--
-- KEYS[1]  the digests of the person
-- ARGV[1]  what the keys of credentials begin with
own(KEYS[1], 'set')
local found = {}
for _, digest in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local key = ARGV[1] .. digest
  own(key, 'hash')
  local held = redis.call('HMGET', key, 'json', 'used')
  if held[1] then
    found[#found + 1] = {held[1], held[2]}
  else
    redis.call('SREM', KEYS[1], digest)
  end
end
return found
