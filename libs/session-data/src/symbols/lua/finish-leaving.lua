--- Stores that everything that had to be removed is removed.
--- KEYS: meta of partition 0
--- ARGV: incarnation, what had to be removed (JSON)
--- Answer: 'noted'

--- include shared/stamp.lua
local incarnation, leaving = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'leaving'))
if is_own(incarnation, ARGV[1]) and leaving == ARGV[2] then redis.call('HDEL', KEYS[1], 'leaving') end
return 'noted'
