--- Answers the limit of the clock: the lowest position of the active consumers. Drops silent consumers first, when that is the
--- policy. The owner calls this every second. A longer pause means that Redis or the owner was away, so that consumers may have
--- been unable to send heartbeats. After such a pause no consumer is dropped for the time of one longest silence.
--- KEYS: meta, consumers, events of partition 0
--- ARGV: those of shared/consumers.lua, then longest silence (ms), 'drop' or 'hold', number of consumers that the
---       session waits for
--- Answer: {'held', lowest position, joins} | {'waiting', '', joins}: not enough have joined | {'free', '', joins}: none is active

--- include shared/consumers.lua
local silence_ms, policy, waits_for = tonumber(ARGV[4]), ARGV[5], tonumber(ARGV[6])
joins = joins or '0'
local entries = redis.call('HGETALL', KEYS[2])
local is_grace_time = false
if policy == 'drop' then
  local asked_at, no_drop_until = unpack(redis.call('HMGET', KEYS[1], 'limitAskedAt', 'noDropUntil'))
  if asked_at and now - tonumber(asked_at) > math.max(silence_ms / 3, 3000) then
    no_drop_until = string.format('%.0f', now + silence_ms)
    redis.call('HSET', KEYS[1], 'noDropUntil', no_drop_until)
  end
  redis.call('HSET', KEYS[1], 'limitAskedAt', string.format('%.0f', now))
  is_grace_time = no_drop_until and now < tonumber(no_drop_until)
end
for i = 1, #entries, 2 do
  local name, c = entries[i], parse(entries[i + 1])
  if c.state == 'active' and policy == 'drop' and not is_grace_time and now - tonumber(c.seen) > silence_ms then
    c.state = 'dropped'
    write(name, c)
    entries[i + 1] = 'dropped' .. entries[i + 1]:sub(#'active' + 1)
    emit('consumer-dropped', name, c, 'silentMs', string.format('%.0f', now - tonumber(c.seen)))
  end
end
if waits_for > 0 and not gathered then return {'waiting', '', joins} end
local slowest = lowest(entries)
if slowest then return {'held', slowest, joins} end
return {'free', '', joins}
