--- Sets what the owner does next, and wakes the owner. A control is stale, and is not set, when its PostgreSQL row was read before
--- the last claim.
--- KEYS: meta of partition 0
--- ARGV: incarnation, epoch of the row, control ('run', 'pause' or 'stop'), wake channel
--- Answer: 'set' | 'stale' | 'gone': there is no store, or it belongs to another session

--- include ../../redis/lua/shared/stamp.lua
local row_epoch, control, wake_channel = ARGV[2], ARGV[3], ARGV[4]
local stamp, epoch = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'epoch'))
if not is_own(stamp, ARGV[1]) then return 'gone' end
if tonumber(epoch or 0) > tonumber(row_epoch) then return 'stale' end
redis.call('HSET', KEYS[1], 'control', control)
redis.call('PUBLISH', wake_channel, 'control')
return 'set'
