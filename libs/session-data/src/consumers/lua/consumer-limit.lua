--- How far the clock may go: the lowest position of the active consumers. Drops silent consumers first, when that is the
--- policy. The owner calls this every second. A longer pause means that Redis or the owner was away, and that consumers
--- may have been unable to send heartbeats. Then no consumer is dropped for the length of one longest silence.
--- KEYS: meta, consumers, events of partition 0
--- ARGV: those of shared/consumers.lua, then longest silence (ms), 'drop' or 'hold', number of consumers that the
---       session waits for
--- Answer: {'held', time, joins} | {'waiting', '', joins} | {'free', '', joins}

--- include shared/consumers.lua
local silence_ms, policy, waits_for = tonumber(ARGV[4]), ARGV[5], tonumber(ARGV[6])
joins = joins or '0'
local all = redis.call('HGETALL', KEYS[2])
local is_grace = false
if policy == 'drop' then
  local asked_at, no_drop_until = unpack(redis.call('HMGET', KEYS[1], 'limitAskedAt', 'noDropUntil'))
  if asked_at and now - tonumber(asked_at) > math.max(silence_ms / 3, 3000) then
    no_drop_until = string.format('%.0f', now + silence_ms)
    redis.call('HSET', KEYS[1], 'noDropUntil', no_drop_until)
  end
  redis.call('HSET', KEYS[1], 'limitAskedAt', string.format('%.0f', now))
  is_grace = no_drop_until and now < tonumber(no_drop_until)
end
for i = 1, #all, 2 do
  local name, c = all[i], parse(all[i + 1])
  if c.state == 'active' and policy == 'drop' and not is_grace and now - tonumber(c.seen) > silence_ms then
    c.state = 'dropped'
    write(name, c)
    all[i + 1] = 'dropped' .. all[i + 1]:sub(#'active' + 1)
    emit('consumer-dropped', name, c, 'silentMs', string.format('%.0f', now - tonumber(c.seen)))
  end
end
if waits_for > 0 and not gathered then return {'waiting', '', joins} end
local slowest = lowest(all)
if slowest then return {'held', slowest, joins} end
return {'free', '', joins}
