--- Reads the slot states and the bitmaps of symbols on days, of one partition. One script, so that no write comes between the two: a bar
--- that was filled in between would have no state, and count as streamed. Not a transaction, because a full server refuses to queue one.
--- KEYS: for each its states, then for each its base chunk
--- ARGV: last byte of the longest bitmap
--- Answer: for each its bitmap: longer when the longest one is, '' without a chunk; then, unless none has states, the list of their states,
---         nil where there are none

local keys, last_byte, call = KEYS, ARGV[1], redis.call -- Lua finds a local faster than a global
local places = #keys / 2
local values = {}
for i = 1, places do values[i] = call('GETRANGE', keys[places + i], '0', last_byte) end
-- Most days have no states at all: asking for that is faster than reading an empty value for each symbol.
if call('EXISTS', unpack(keys, 1, places)) > 0 then values[places + 1] = call('MGET', unpack(keys, 1, places)) end
return values
