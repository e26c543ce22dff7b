--- The last part of both flush scripts: counts the refused and the streamed bars, moves the frontier, and answers. The including
--- script starts with shared/check-window.lua, which describes KEYS and ARGV.

--- include ../../../events/lua/shared/count-refused.lua
local refused, refused_ahead, frontier_after = KEYS[2], KEYS[3], ARGV[5]
for i = 9, own - 1, 2 do count_refused(refused, refused_ahead, frontier_after, ARGV[i], ARGV[i + 1]) end
redis.call('HINCRBY', KEYS[1], 'streamed', ARGV[7])
redis.call('HSET', KEYS[1], 'frontier', frontier_after)
return {'written', frontier_after, control}
