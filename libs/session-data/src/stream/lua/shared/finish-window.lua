--- The last part of both flush scripts: counts the refused and the streamed bars, moves the frontier, and returns the answer.
--- KEYS and ARGV: those of shared/check-window.lua, with which the including script starts. That file also defines `control`,
--- `frontier_after`, `bars`, `FIRST_REFUSAL` and `own_arg`, the position after the last refusal.

--- include ../../../events/lua/shared/count-refused.lua
local refused, refused_ahead = KEYS[2], KEYS[3]
for i = FIRST_REFUSAL, own_arg - 1, 2 do count_refused(refused, refused_ahead, frontier_after, ARGV[i], ARGV[i + 1]) end
redis.call('HINCRBY', KEYS[1], 'streamed', bars)
redis.call('HSET', KEYS[1], 'frontier', frontier_after)
return {'written', frontier_after, control}
