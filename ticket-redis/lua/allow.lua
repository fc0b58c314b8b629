-- Counts one more within a sliding window, unless `limit` are counted there.
--
-- KEYS[1]  a sorted set: one member for each that was counted, by its time in microseconds
-- ARGV[1]  now
-- ARGV[2]  the latest time that is out of the window
-- ARGV[3]  limit
-- ARGV[4]  a name that no other call has
-- ARGV[5]  for how many milliseconds the set is kept
--
-- Answers nothing when it was counted. Otherwise the time of the one that has to leave the window
-- first, or an empty text when the limit is 0. Times go through as texts: the numbers of Lua would
-- be rounded when they are written.
own(KEYS[1], 'zset')
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
local counted = redis.call('ZCARD', KEYS[1])
local limit = tonumber(ARGV[3])
if counted < limit then
  redis.call('ZADD', KEYS[1], ARGV[1], ARGV[4])
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
  return false
end
local blocking = redis.call('ZRANGE', KEYS[1], counted - limit, counted - limit, 'WITHSCORES')
return blocking[2] or ''
