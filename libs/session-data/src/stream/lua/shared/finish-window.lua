--- The last part of both flush scripts: counts the bars and the refused ones, moves the frontier and returns the answer.
--- KEYS, ARGV, `refusals` and `control` are those of shared/check-window.lua.

--- include ../../../events/lua/shared/count-refused.lua
local frontier_after, bars = ARGV[5], ARGV[7]
for i = 9, 7 + 2 * refusals, 2 do count_refused(KEYS[2], KEYS[3], frontier_after, ARGV[i], ARGV[i + 1]) end
redis.call('HINCRBY', KEYS[1], 'streamed', bars)
redis.call('HSET', KEYS[1], 'frontier', frontier_after)
return {'written', frontier_after, control}
