--- A consumer joins, or comes back with a new token. A repeated call with the same token changes nothing.
--- KEYS: meta, consumers, events of partition 0
--- ARGV: incarnation, events kept, wake channel (for shared/consumers.lua), name, token, where to begin ('kept', 'beginning' or
---       'now'), start of the session (ms), number of consumers that the session waits for, hash of no deliveries, maximum number
---       of consumers
--- Answer: {'joined', time, steps, bars, hash} | {'full'}: all places are taken, and no consumer has left |
---         {'lost'}
--- From shared/consumers.lua: clock, retained_from, gathered, parse, read, write, touch, emit, wake

--- include shared/consumers.lua
local name, token, from, start, waits_for, no_deliveries, consumers_max = unpack(ARGV, 4)

-- When all places are taken, removes the consumer that left the longest ago. Returns whether there is a place for one more.
local function free_place()
  if redis.call('HLEN', KEYS[2]) < tonumber(consumers_max) then return true end
  local entries = redis.call('HGETALL', KEYS[2])
  local oldest, oldest_seen = nil, math.huge
  for i = 1, #entries, 2 do
    local c = parse(entries[i + 1])
    if c.state == 'left' and tonumber(c.seen) < oldest_seen then oldest, oldest_seen = entries[i], tonumber(c.seen) end
  end
  return oldest and redis.call('HDEL', KEYS[2], oldest) == 1
end

local c = read(name)
if not c and not free_place() then return {'full'} end
-- With the stored token, this is a repeated call: the consumer has joined already.
if not c or c.token ~= token then
  -- A new consumer, or one that does not ask for its kept position, begins anew.
  local continues = c and from == 'kept'
  if not continues then
    -- Begins at the clock, or at the oldest retained day (not set while all are retained), but not before the session's start.
    local time = retained_from or '0'
    if from == 'now' then time = clock end
    if tonumber(time) < tonumber(start) then time = start end
    c = { time = time, steps = '0', bars = '0', hash = no_deliveries }
  end
  c.state, c.token = 'active', token
  touch(c)
  write(name, c)
  redis.call('HINCRBY', KEYS[1], 'joins', 1)
  if not gathered and redis.call('HLEN', KEYS[2]) >= tonumber(waits_for) then redis.call('HSET', KEYS[1], 'gathered', '1') end
  emit('consumer-joined', name, c)
  wake()
end
return {'joined', c.time, c.steps, c.bars, c.hash}
