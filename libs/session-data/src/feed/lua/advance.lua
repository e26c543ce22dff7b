--- Moves a partition's frontier over slots of one day, and counts the fed bars in them.
--- KEYS: meta, then a chunk for each symbol
--- ARGV: stamp, epoch, owner, frontier before (ms), frontier after (ms), first slot, slot after the last
--- Answer: {'advanced', frontier, control, bars} | {'done', frontier, control}: an earlier call moved it |
---         {'rewind', frontier}: the store lost writes | {'lost'} | {'fenced'}

--- include ../../stream/lua/shared/fence.lua
local frontier_ms = tonumber(frontier)
if frontier_ms >= tonumber(ARGV[5]) then return {'done', frontier, control} end
if frontier_ms ~= tonumber(ARGV[4]) then return {'rewind', frontier} end
local bars = 0
for i = 2, #KEYS do bars = bars + redis.call('BITCOUNT', KEYS[i], ARGV[6], tonumber(ARGV[7]) - 1, 'BIT') end
redis.call('HINCRBY', KEYS[1], 'streamed', bars)
redis.call('HSET', KEYS[1], 'frontier', ARGV[5])
return {'advanced', ARGV[5], control, bars}
