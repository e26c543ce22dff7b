--- The first part of all consumer scripts. A consumer is one field of the hash `consumers`: its name, and the text
--- `state token time steps bars hash seen`, which docs/storage-layout.md describes. In meta, `joins` counts joins, and `gathered` is set
--- once as many consumers have joined as the session waits for, and to 'reopened' when a completed session runs again.
--- KEYS: meta, consumers, events of partition 0
--- ARGV: incarnation, events kept, wake channel, then the arguments of the including script
--- Answer: {'lost'} when the store is gone or belongs to another incarnation; otherwise the answer of the including script
--- Defines clock, retained_from, joins, gathered, now, and the functions below

--- include ../../../redis/lua/shared/stamp.lua
local stamp, clock, retained_from, joins, gathered = unpack(
  redis.call('HMGET', KEYS[1], 'incarnation', 'clock', 'retainedFrom', 'joins', 'gathered'))
if not is_own(stamp, ARGV[1]) then return {'lost'} end
-- A wake message has the lowest position only up to these numbers of active and of all consumers, because `wake` reads the whole hash.
local ACTIVE_MAX, ENTRIES_MAX = 32, 128
--- include ../../../redis/lua/shared/now.lua
-- A consumer as a table, from its text.
local function parse(text)
  local c = {}
  c.state, c.token, c.time, c.steps, c.bars, c.hash, c.seen = text:match('^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
  return c
end
-- The consumer of a name; false when there is none.
local function read(name)
  local text = redis.call('HGET', KEYS[2], name)
  return text and parse(text)
end
-- Stores a consumer. Returns its text.
local function write(name, c)
  local text = table.concat({ c.state, c.token, c.time, c.steps, c.bars, c.hash, c.seen }, ' ')
  redis.call('HSET', KEYS[2], name, text)
  return text
end
-- Notes that the consumer called now.
local function touch(c) c.seen = string.format('%.0f', now) end
-- Emits an event of a consumer. `...`: further fields and values.
local function emit(type, name, c, ...)
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[2], '*', 'type', type, 'time', clock, 'consumer', name, 'position', c.time, ...)
end
-- The lowest position of the active consumers, nil when there are none; and their number. `entries`: the reply of HGETALL.
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
-- Wakes the owner of the session. The message has the lowest position and the number of joins, so that the owner need not read them.
local function wake()
  local message = 'consumer'
  if gathered and redis.call('HLEN', KEYS[2]) <= ENTRIES_MAX then
    local low, active = lowest(redis.call('HGETALL', KEYS[2]))
    -- `joins` is read again, because the including script may have counted one more.
    if low and active <= ACTIVE_MAX then message = message .. ' ' .. low .. ' ' .. (redis.call('HGET', KEYS[1], 'joins') or '0') end
  end
  redis.call('PUBLISH', ARGV[3], message)
end
