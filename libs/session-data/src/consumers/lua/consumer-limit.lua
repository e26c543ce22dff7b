--- How far the clock may go: the lowest position of the active consumers. Drops silent consumers first, when that is the
--- policy. The owner calls this every second. A longer pause means that Redis or the owner was away, and that consumers
--- may have been unable to send heartbeats. Then no consumer is dropped for the length of one longest silence.
--- KEYS: meta, consumers, events of partition 0
--- ARGV: those of shared/consumers.lua, then longest silence (ms), 'drop' or 'hold', number of consumers that the
---       session waits for
--- Answer: {'held', time, joins} | {'waiting', '', joins} | {'free', '', joins}

--- include shared/consumers.lua
local all = redis.call('HGETALL', KEYS[2])
local is_grace = false
if ARGV[5] == 'drop' then
  local asked = redis.call('HMGET', KEYS[1], 'limitAskedAt', 'noDropUntil')
  if asked[1] and now - tonumber(asked[1]) > math.max(tonumber(ARGV[4]) / 3, 3000) then
    asked[2] = string.format('%.0f', now + tonumber(ARGV[4]))
    redis.call('HSET', KEYS[1], 'noDropUntil', asked[2])
  end
  redis.call('HSET', KEYS[1], 'limitAskedAt', string.format('%.0f', now))
  is_grace = asked[2] and now < tonumber(asked[2])
end
for i = 1, #all, 2 do
  local name, c = all[i], parse(all[i + 1])
  if c.state == 'active' and ARGV[5] == 'drop' and not is_grace and now - tonumber(c.seen) > tonumber(ARGV[4]) then
    c.state = 'dropped'
    write(name, c)
    all[i + 1] = 'dropped' .. all[i + 1]:sub(#'active' + 1)
    emit('consumer-dropped', name, c, 'silentMs', string.format('%.0f', now - tonumber(c.seen)))
  end
end
local low, joins = lowest(all), m[4] or '0'
if tonumber(ARGV[6]) > 0 and not m[5] then return {'waiting', '', joins} end
if low then return {'held', low, joins} end
return {'free', '', joins}
