--- Closes a partition to every writer that does not know that a symbol left it. When the partition has no symbol left,
--- what does not belong to a day is removed too.
--- KEYS: meta, retry, dirty, errors, refused, history, emitted, outside, refused-ahead, repository-refused, pending
--- ARGV: incarnation, version, '1' when the partition is vacant, `retiredTo` as it was read,
---       slots that the leaving symbols had before that
--- Answer: 'stamped' | 'there' | 'gone' | 'moved' (a day was retired since: read `retiredTo` again)

--- include shared/stamp.lua
local there = redis.call('HGET', KEYS[1], 'incarnation')
if not is_own(there, ARGV[1]) then return 'gone' end
if version(there) >= tonumber(ARGV[2]) then return 'there' end
if (redis.call('HGET', KEYS[1], 'retiredTo') or '') ~= ARGV[4] then return 'moved' end
redis.call('HSET', KEYS[1], 'incarnation', ARGV[1] .. '+' .. ARGV[2])
if ARGV[3] ~= '1' and ARGV[5] ~= '0' then redis.call('HINCRBY', KEYS[1], 'leftSlots', ARGV[5]) end
if ARGV[3] == '1' then
  redis.call('UNLINK', unpack(KEYS, 2))
  redis.call('HDEL', KEYS[1], unpack(counters))
end
return 'stamped'
