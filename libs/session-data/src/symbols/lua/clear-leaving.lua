--- Clears `leaving`, the list of symbols whose data must be removed, unless it has changed since the caller read it. The
--- caller has removed the data of all symbols in the list.
--- KEYS: meta of partition 0
--- ARGV: incarnation, the list that was read (JSON)
--- Answer: 'done', also when the list has changed and is not cleared

--- include ../../redis/lua/shared/stamp.lua
local incarnation, leaving_read = ARGV[1], ARGV[2]
local stored_stamp, leaving = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'leaving'))
if is_own(stored_stamp, incarnation) and leaving == leaving_read then redis.call('HDEL', KEYS[1], 'leaving') end
return 'done'
