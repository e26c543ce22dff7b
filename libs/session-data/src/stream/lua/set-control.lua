--- Sets what the owner does next. A control from a PostgreSQL row that was read before the last claim is stale: it is not set.
--- KEYS: meta of partition 0
--- ARGV: incarnation, epoch of the row, control ('run', 'pause', 'stop' or 'reload'), wake channel
--- Answer: 'set' | 'stale' | 'gone': there is no store, or it belongs to another session

local incarnation, epoch = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'epoch'))
if (incarnation or ''):match('^[^+]*') ~= ARGV[1] then return 'gone' end
if tonumber(epoch or 0) > tonumber(ARGV[2]) then return 'stale' end
redis.call('HSET', KEYS[1], 'control', ARGV[3])
redis.call('PUBLISH', ARGV[4], 'control')
return 'set'
