--- Removes keys and members of one day that is no longer retained.
--- KEYS: meta, retry, dirty, errors, emitted, then the keys to remove
--- ARGV: stamp, epoch, owner, open of the day (ms), open of the next day (ms), '' in all batches but the last,
---       date, then the members of retry, dirty, errors and emitted to remove
--- Answer: {'retired'} | {'lost'} | {'fenced'}

--- include shared/fence.lua
if tonumber(ARGV[4]) >= tonumber(retained_from or 0) then return redis.error_reply('retire: expected a day before retainedFrom') end
for i = 6, #KEYS do redis.call('UNLINK', KEYS[i]) end
redis.call('HDEL', KEYS[5], ARGV[6])
for i = 7, #ARGV do
  redis.call('ZREM', KEYS[2], ARGV[i])
  redis.call('SREM', KEYS[3], ARGV[i])
  redis.call('HDEL', KEYS[4], ARGV[i])
  redis.call('HDEL', KEYS[5], ARGV[i])
end
if ARGV[5] ~= '' and tonumber(ARGV[5]) > tonumber(retired_to or 0) then redis.call('HSET', KEYS[1], 'retiredTo', ARGV[5]) end
return {'retired'}
