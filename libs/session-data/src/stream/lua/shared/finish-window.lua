--- The last part of both flush scripts: counts the bars and the refusals, and moves the frontier.

--- include ../../../events/lua/shared/count-refused.lua
for r = 0, refusals - 1 do count_refused(KEYS[2], KEYS[3], ARGV[5], ARGV[9 + 2 * r], ARGV[10 + 2 * r]) end
redis.call('HINCRBY', KEYS[1], 'streamed', ARGV[7])
redis.call('HSET', KEYS[1], 'frontier', ARGV[5])
return {'written', ARGV[5], control}
