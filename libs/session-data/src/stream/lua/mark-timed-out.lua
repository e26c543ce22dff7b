--- Marks a day whose source was silent for too long, and emits that once.
--- KEYS: meta, events, stream of partition 0
--- ARGV: incarnation, epoch, owner, date, events kept, then fields and values of the event
--- Answer: {'marked'} | {'lost'} | {'fenced'}

local m = redis.call('HMGET', KEYS[1], 'incarnation', 'epoch', 'owner')
if m[1] ~= ARGV[1] then return {'lost'} end
if m[2] ~= ARGV[2] or m[3] ~= ARGV[3] then return {'fenced'} end
if redis.call('HSETNX', KEYS[3], 'timed-out ' .. ARGV[4], '1') == 1 then
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[5], '*', unpack(ARGV, 6))
end
return {'marked'}
