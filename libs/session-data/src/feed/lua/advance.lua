--- Moves a partition's frontier over slots of one day, and counts the fed bars in them.
--- KEYS: meta, then a chunk for each symbol
--- ARGV: stamp, epoch, owner, frontier before (ms), frontier after (ms), first slot, slot after the last
--- Answer: {'advanced', frontier, control, bars} | {'done', frontier, control}: an earlier call moved it |
---         {'rewind', frontier}: the store lost writes | {'lost'} | {'fenced'}
--- From shared/fence.lua, which also checks stamp, epoch and owner: frontier, control (run, pause or stop)

--- include ../../stream/lua/shared/fence.lua
local frontier_ms, frontier_before, frontier_after = tonumber(frontier), ARGV[4], ARGV[5]
if frontier_ms >= tonumber(frontier_after) then return {'done', frontier, control} end
if frontier_ms ~= tonumber(frontier_before) then return {'rewind', frontier} end
local FIRST_CHUNK = 2
local first_slot, last_slot, bars = ARGV[6], tonumber(ARGV[7]) - 1, 0
-- A chunk begins with its bitmap, one bit for each slot.
for i = FIRST_CHUNK, #KEYS do bars = bars + redis.call('BITCOUNT', KEYS[i], first_slot, last_slot, 'BIT') end
redis.call('HINCRBY', KEYS[1], 'streamed', bars)
redis.call('HSET', KEYS[1], 'frontier', frontier_after)
return {'advanced', frontier_after, control, bars}
