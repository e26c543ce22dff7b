--- Marks a day whose source was silent for too long, and emits that once.
--- KEYS: meta, changes, stream, pending of partition 0
--- ARGV: incarnation, epoch, owner, date, close of the day (ms), events kept, then fields and values of the event
--- Answer: {'marked'} | {'lost'} | {'fenced'}

--- include ../../events/lua/shared/defer.lua
local incarnation, epoch, owner = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'epoch', 'owner'))
if incarnation ~= ARGV[1] then return {'lost'} end
if epoch ~= ARGV[2] or owner ~= ARGV[3] then return {'fenced'} end
if redis.call('HSETNX', KEYS[3], 'timed-out ' .. ARGV[4], '1') == 1 then
  local id = redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[6], '*', unpack(ARGV, 7))
  defer(KEYS[4], ARGV[5], id, 'day-timed-out', ARGV[4], cjson.encode({ unpack(ARGV, 7) }))
end
return {'marked'}
