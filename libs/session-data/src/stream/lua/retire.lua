--- Removes what a partition stores about one day that is no longer retained: keys, and entries in shared sets and
--- hashes. A large day takes several calls (batches).
--- KEYS: meta, retry, dirty, errors, emitted, then the keys to remove
--- ARGV: stamp, epoch, owner, open of the day (ms), open of the next day (ms; '' in every batch but the last), date,
---       then the members to remove from retry, dirty, errors and emitted
--- Answer: {'retired'} | {'lost'}: another session or symbol list | {'fenced'}: another owner

--- include shared/fence.lua
if tonumber(ARGV[4]) >= tonumber(retained_from or 0) then
  return redis.error_reply('retire: expected a day before ' .. (retained_from or 0) .. ', was ' .. ARGV[4])
end
for i = 6, #KEYS do redis.call('UNLINK', KEYS[i]) end
-- `emitted` has one field for the day and one for each symbol of the day.
redis.call('HDEL', KEYS[5], ARGV[6])
for i = 7, #ARGV do
  redis.call('ZREM', KEYS[2], ARGV[i])
  redis.call('SREM', KEYS[3], ARGV[i])
  redis.call('HDEL', KEYS[4], ARGV[i])
  redis.call('HDEL', KEYS[5], ARGV[i])
end
if ARGV[5] ~= '' and tonumber(ARGV[5]) > tonumber(retired_to or 0) then redis.call('HSET', KEYS[1], 'retiredTo', ARGV[5]) end
return {'retired'}
