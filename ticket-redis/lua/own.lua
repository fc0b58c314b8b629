-- Put before each script. Makes room where something of another type lies under a key of ours:
-- whatever it is, we did not write it, and an error at each call would never end.
local function own(key, kind)
  local found = redis.call('TYPE', key).ok
  if found ~= kind and found ~= 'none' then
    redis.call('DEL', key)
  end
end
