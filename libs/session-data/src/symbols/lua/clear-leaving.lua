--- Clears `leaving`, the list of symbols whose data must be removed, unless it has changed since the caller read it. The
--- caller has removed the data of all symbols in the list.
--- KEYS: meta of partition 0
--- ARGV: incarnation, the list that was read (JSON)
--- Answer: 'done', also when the list has changed and stays

--- include shared/stamp.lua
local incarnation, leaving = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'leaving'))
if is_own(incarnation, ARGV[1]) and leaving == ARGV[2] then redis.call('HDEL', KEYS[1], 'leaving') end
return 'done'
