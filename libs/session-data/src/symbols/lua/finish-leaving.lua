--- Deletes the list of what has to be removed, when all of it is removed and the list has not changed since it was read.
--- KEYS: meta of partition 0
--- ARGV: incarnation, the list that was read (JSON)
--- Answer: 'noted', also when the list has changed

--- include shared/stamp.lua
local incarnation, leaving = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'leaving'))
if is_own(incarnation, ARGV[1]) and leaving == ARGV[2] then redis.call('HDEL', KEYS[1], 'leaving') end
return 'noted'
