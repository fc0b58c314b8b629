-- Looks entries of the cache up. Where there is none, leaves a mark: only who finds the own mark
-- still there may fill the entry, so that nobody fills in what was read before a change.
--
-- KEYS     hashes; a field holds `expires:v:value` or `expires:m:mark`, in milliseconds
-- ARGV     field, mark, milliseconds that a mark holds
--
-- Answers for each key: `v` with the value, `f` (fill it) or `w` (somebody else fills it).
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local answers = {}
for i, key in ipairs(KEYS) do
  own(key, 'hash')
  local held = redis.call('HGET', key, ARGV[1])
  local expires, kind, value
  if held then
    expires, kind, value = string.match(held, '^(%d+):(%a):(.*)$')
  end
  if kind and tonumber(expires) > now then
    answers[i] = kind == 'v' and 'v' .. value or 'w'
  else
    redis.call('HSET', key, ARGV[1], string.format('%.0f:m:%s', now + ARGV[3], ARGV[2]))
    if redis.call('PTTL', key) < tonumber(ARGV[3]) then
      redis.call('PEXPIRE', key, ARGV[3])
    end
    answers[i] = 'f'
  end
end
return answers
