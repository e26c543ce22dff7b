--- The part that all consumer scripts share. A consumer is one field of KEYS[2]: its name, and the text
--- `state token time steps bars hash seenAt`. `token` names the process that follows, `time` is its position (simulated
--- ms), `hash` that of its deliveries, `seenAt` when it last called (ms). In meta, `joins` counts joins, and `gathered`
--- is set once the expected consumers have joined.
--- KEYS: meta, consumers, events of partition 0
--- ARGV: incarnation, events kept, wake channel, then those of the including script
--- Answer: {'lost'} when the store is gone or belongs to another incarnation; otherwise that of the including script

local incarnation, clock, retained_from, joins, gathered = unpack(
  redis.call('HMGET', KEYS[1], 'incarnation', 'clock', 'retainedFrom', 'joins', 'gathered'))
-- The field has the incarnation, then `+` and a version if the symbols changed.
if (incarnation or ''):match('^[^+]*') ~= ARGV[1] then return {'lost'} end
--- include ../../../redis/lua/shared/now.lua
local function parse(text)
  local c = {}
  c.state, c.token, c.time, c.steps, c.bars, c.hash, c.seen = text:match('^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
  return c
end
local function read(name)
  local text = redis.call('HGET', KEYS[2], name)
  return text and parse(text)
end
local function write(name, c)
  redis.call('HSET', KEYS[2], name, table.concat({ c.state, c.token, c.time, c.steps, c.bars, c.hash, c.seen }, ' '))
end
local function touch(c) c.seen = string.format('%.0f', now) end
local function emit(type, name, c, ...)
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[2], '*', 'type', type, 'time', clock, 'consumer', name, 'position', c.time, ...)
end
-- The lowest position of the active consumers, and their number. `entries`: the reply of HGETALL.
local function lowest(entries)
  local low
  local active = 0
  for i = 2, #entries, 2 do
    local c = parse(entries[i])
    if c.state == 'active' then
      active = active + 1
      if not low or tonumber(c.time) < tonumber(low) then low = c.time end
    end
  end
  return low, active
end
-- Wakes the owner. Once the expected consumers have joined, and while they are few, the message contains the lowest position and
-- the number of joins, so that the owner need not read them. Otherwise it is only a signal.
local function wake()
  local low, active
  -- The hash also contains consumers that left, so its length, not the number of active ones, limits the cost of reading it.
  if gathered and redis.call('HLEN', KEYS[2]) <= 128 then low, active = lowest(redis.call('HGETALL', KEYS[2])) end
  if low and active > 32 then low = nil end
  -- `joins` is read again, because the including script may have counted one more.
  redis.call('PUBLISH', ARGV[3], low and ('consumer ' .. low .. ' ' .. (redis.call('HGET', KEYS[1], 'joins') or '0')) or 'consumer')
end
-- Makes room for one more consumer: when all `max` places are taken, removes the one that left the longest ago. Answers whether
-- there is room.
local function free_place(max)
  if redis.call('HLEN', KEYS[2]) < max then return true end
  local entries, oldest, seen_at = redis.call('HGETALL', KEYS[2])
  for i = 1, #entries, 2 do
    local c = parse(entries[i + 1])
    if c.state == 'left' and (not oldest or tonumber(c.seen) < seen_at) then oldest, seen_at = entries[i], tonumber(c.seen) end
  end
  return oldest and redis.call('HDEL', KEYS[2], oldest) == 1
end
-- The later of two times, as text.
local function later_of(a, b) return tonumber(a) > tonumber(b) and a or b end
