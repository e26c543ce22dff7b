--- The last part of both flush scripts: counts the streamed bars and the refused rows, moves the frontier and returns
--- the answer. Runs after shared/check-window.lua, which describes KEYS and ARGV and defines `refusals` and `control`.

--- include ../../../events/lua/shared/count-refused.lua
local frontier_after, bars = ARGV[5], ARGV[7]
-- From ARGV[9] on, the refusals are pairs: field, count.
for i = 9, 7 + 2 * refusals, 2 do count_refused(KEYS[2], KEYS[3], frontier_after, ARGV[i], ARGV[i + 1]) end
redis.call('HINCRBY', KEYS[1], 'streamed', bars)
redis.call('HSET', KEYS[1], 'frontier', frontier_after)
return {'written', frontier_after, control}
