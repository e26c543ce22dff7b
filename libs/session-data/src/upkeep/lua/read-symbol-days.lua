--- Reads the slot states and the bitmaps of symbols on days, of one partition. One script, so that no write comes between the two: a bar
--- that was filled in between would have no state, and count as streamed.
--- KEYS: for each its states, then for each its base chunk
--- ARGV: last byte of the longest bitmap
--- Answer: for each its states, nil when there are none; then for each its bitmap: longer when the longest one is, '' without a chunk

local places = #KEYS / 2
local values = redis.call('MGET', unpack(KEYS, 1, places))
for i = places + 1, #KEYS do values[i] = redis.call('GETRANGE', KEYS[i], '0', ARGV[1]) end
return values
