--- Emits once that a symbol's stream became silent.
--- KEYS: meta, events, stream of partition 0
--- ARGV: incarnation, epoch, owner, symbol, time of its last message (ms), events kept
--- Answer: 'noted' | 'lost' | 'fenced'

local incarnation, epoch, owner, clock = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'epoch', 'owner', 'clock'))
if incarnation ~= ARGV[1] then return 'lost' end
if epoch ~= ARGV[2] or owner ~= ARGV[3] then return 'fenced' end
local field = 'silent ' .. ARGV[4]
if redis.call('HGET', KEYS[3], field) ~= ARGV[5] then
  redis.call('HSET', KEYS[3], field, ARGV[5])
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[6], '*', 'type', 'stream-silent', 'time', clock, 'symbol', ARGV[4])
end
return 'noted'
