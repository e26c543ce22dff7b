--- Moves a partition's frontier over slots of one day, and counts the fed bars in them.
--- KEYS: meta, then a chunk for each symbol
--- ARGV: incarnation, epoch, owner, frontier before (ms), frontier after (ms), first slot, slot after the last
--- Answer: {'advanced', frontier, control, bars} | {'done', frontier, control} | {'rewind', frontier} |
---         {'lost'} | {'fenced'}

local m = redis.call('HMGET', KEYS[1], 'incarnation', 'epoch', 'owner', 'frontier', 'control')
if m[1] ~= ARGV[1] then return {'lost'} end
if m[2] ~= ARGV[2] or m[3] ~= ARGV[3] then return {'fenced'} end
local frontier = tonumber(m[4])
if frontier >= tonumber(ARGV[5]) then return {'done', m[4], m[5]} end
if frontier ~= tonumber(ARGV[4]) then return {'rewind', m[4]} end
local bars = 0
for i = 2, #KEYS do bars = bars + redis.call('BITCOUNT', KEYS[i], ARGV[6], tonumber(ARGV[7]) - 1, 'BIT') end
redis.call('HINCRBY', KEYS[1], 'streamed', bars)
redis.call('HSET', KEYS[1], 'frontier', ARGV[5])
return {'advanced', ARGV[5], m[5], bars}
