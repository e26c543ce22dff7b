--- Gives a partition a new stamp, which refuses every writer whose list still has a symbol that left. When the partition has
--- no symbol now, also removes what does not belong to a day.
--- KEYS: meta, retry, dirty, errors, refused, history, emitted, outside, refused-ahead, repository-refused, pending
--- ARGV: incarnation, version, '1' when the partition is vacant, `retiredTo` as it was read,
---       slots of the leaving symbols before `retiredTo`
--- Answer: 'stamped' | 'there': it has this version or a later one | 'gone' | 'moved': a day was retired, read `retiredTo` again

--- include shared/stamp.lua
local stamp = redis.call('HGET', KEYS[1], 'incarnation')
if not is_own(stamp, ARGV[1]) then return 'gone' end
if version(stamp) >= tonumber(ARGV[2]) then return 'there' end
if (redis.call('HGET', KEYS[1], 'retiredTo') or '') ~= ARGV[4] then return 'moved' end
redis.call('HSET', KEYS[1], 'incarnation', ARGV[1] .. '+' .. ARGV[2])
if ARGV[3] == '1' then
  redis.call('UNLINK', unpack(KEYS, 2))
  redis.call('HDEL', KEYS[1], unpack(counters))
elseif ARGV[5] ~= '0' then redis.call('HINCRBY', KEYS[1], 'leftSlots', ARGV[5]) end
return 'stamped'
