--- A consumer acknowledges a position, or leaves. Its position never goes back. A dropped consumer becomes active again. With the mode
--- 'restore' the position may be after the clock, which then catches up: the store lost this position and a later clock.
--- KEYS: meta, consumers, events of partition 0
--- ARGV: incarnation, events kept, wake channel (for shared/consumers.lua), name, token, mode: 'stay', 'leave' or 'restore',
---       time (ms), steps, bars, hash
--- Answer: {'acknowledged', clock} | {'ahead', clock}: the position is after the clock | {'unknown'}: the consumer never
---         joined, left or was removed | {'replaced'}: another process joined under this name | {'lost'}
--- From shared/consumers.lua: clock, read, write, touch, emit, wake

--- include shared/consumers.lua
local name, token, mode, time, steps, bars, hash = unpack(ARGV, 4)
local is_leaving = mode == 'leave'
local c = read(name)
if not c then return {'unknown'} end
if c.token ~= token then return {'replaced'} end
-- A repeated `leave` is acknowledged again.
if c.state == 'left' and not is_leaving then return {'unknown'} end
local is_later = tonumber(time) > tonumber(c.time)
if is_later and mode ~= 'restore' and tonumber(time) > tonumber(clock) then return {'ahead', clock} end

if is_later then c.time, c.steps, c.bars, c.hash = time, steps, bars, hash end
local old_state = c.state
c.state = is_leaving and 'left' or 'active'
touch(c)
write(name, c)
local is_new_state = c.state ~= old_state
if is_new_state and is_leaving then emit('consumer-left', name, c, 'reason', 'left') end
if is_new_state and not is_leaving then
  redis.call('HINCRBY', KEYS[1], 'joins', 1)
  emit('consumer-joined', name, c)
end
if is_later or is_new_state then wake() end
return {'acknowledged', clock}
