--- A consumer acknowledges a position, or leaves. Its position never goes back. A dropped consumer becomes active again.
--- With `restore` the position may be after the clock: the store had it and lost it with its newest writes. The clock, which may
--- wait for this consumer, catches up with the position.
--- KEYS: meta, consumers, events of partition 0
--- ARGV: those of shared/consumers.lua, then name, token, 'stay', 'leave' or 'restore', time (ms), steps, bars, hash
--- Answer: {'acknowledged', clock} | {'ahead', clock} | {'unknown'} | {'replaced'}

--- include shared/consumers.lua
local name, leaves = ARGV[4], ARGV[6] == 'leave'
local c = read(name)
if not c then return {'unknown'} end
if c.token ~= ARGV[5] then return {'replaced'} end
if c.state == 'left' and not leaves then return {'unknown'} end
local moves = tonumber(ARGV[7]) > tonumber(c.time)
if moves and ARGV[6] ~= 'restore' and tonumber(ARGV[7]) > tonumber(clock) then return {'ahead', clock} end
if moves then c.time, c.steps, c.bars, c.hash = ARGV[7], ARGV[8], ARGV[9], ARGV[10] end
local old_state = c.state
c.state = leaves and 'left' or 'active'
touch(c)
write(name, c)
if c.state ~= old_state then
  if not leaves then redis.call('HINCRBY', KEYS[1], 'joins', 1) end
  if leaves then emit('consumer-left', name, c, 'reason', 'left') else emit('consumer-joined', name, c) end
end
if moves or c.state ~= old_state then wake() end
return {'acknowledged', clock}
