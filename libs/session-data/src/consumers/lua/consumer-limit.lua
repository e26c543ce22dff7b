--- Returns the limit of the clock: the lowest position of the active consumers. With the policy 'drop', and in a session that was
--- reopened, it first drops the consumers that were silent for longer than `silence_ms`. Times in the future count as now: they mean
--- that the clock of Redis was set back.
--- KEYS: meta, consumers, events of partition 0
--- ARGV: incarnation, events kept, wake channel (for shared/consumers.lua), `silence_ms`, policy: 'drop' or 'hold',
---       number of consumers that the session waits for
--- Answer: {'held', lowest position, joins} | {'waiting', '', joins}: not enough have joined |
---         {'free', '', joins}: none is active | {'lost'}
--- From shared/consumers.lua: now, joins, gathered, parse, write, touch, emit, lowest

--- include shared/consumers.lua
local silence_ms, policy, waits_for = tonumber(ARGV[4]), ARGV[5], tonumber(ARGV[6])
-- Consumers that have had all bars do not come back.
if gathered == 'reopened' then policy = 'drop' end
-- The owner calls this every second. A pause that is longer than a third of `silence_ms` and than this means that Redis or the owner was
-- away, so that consumers may have been unable to send heartbeats: for `silence_ms` after it no consumer is dropped.
local ABSENCE_MS_MIN = 3000
-- Name and text of each consumer, alternating.
local entries = redis.call('HGETALL', KEYS[2])
joins = joins or '0'

-- Stores the time of this call. Returns whether silent consumers may be dropped now.
local function may_drop()
  local asked_at, no_drop_until = unpack(redis.call('HMGET', KEYS[1], 'limitAskedAt', 'noDropUntil'))
  redis.call('HSET', KEYS[1], 'limitAskedAt', string.format('%.0f', now))
  if asked_at and now - tonumber(asked_at) > math.max(silence_ms / 3, ABSENCE_MS_MIN) then
    redis.call('HSET', KEYS[1], 'noDropUntil', string.format('%.0f', now + silence_ms))
    return false
  end
  local waits_ms = tonumber(no_drop_until or 0) - now
  -- The wait is longer than any stored one only when the clock of Redis was set back since.
  if waits_ms > silence_ms then redis.call('HSET', KEYS[1], 'noDropUntil', string.format('%.0f', now + silence_ms)) end
  return waits_ms <= 0
end

if policy == 'drop' and may_drop() then
  for i = 1, #entries, 2 do
    local name, c = entries[i], parse(entries[i + 1])
    local silent_ms = now - tonumber(c.seen)
    if c.state == 'active' and silent_ms < 0 then
      touch(c)
      entries[i + 1] = write(name, c)
    elseif c.state == 'active' and silent_ms > silence_ms then
      c.state = 'dropped'
      entries[i + 1] = write(name, c)
      emit('consumer-dropped', name, c, 'silentMs', string.format('%.0f', silent_ms))
    end
  end
end
if waits_for > 0 and not gathered then return {'waiting', '', joins} end
local slowest = lowest(entries)
if slowest then return {'held', slowest, joins} end
return {'free', '', joins}
