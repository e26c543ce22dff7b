--- Removes what a partition stores about one day that is no longer retained: keys, and entries in shared sets and
--- hashes. A large day takes several calls (batches).
--- KEYS: meta, retry, dirty, errors, emitted, then the keys to remove
--- ARGV: stamp, epoch, owner, open of the day (ms), open of the next day (ms; '' in every batch but the last), date,
---       then the members (`date symbol`) to remove from retry, dirty, errors and emitted
--- Answer: {'retired'} | {'set-back', frontier}: the store lost the call of retain.lua | {'lost'} | {'fenced'}
--- From shared/fence.lua: frontier, retained_from, retired_to (all days before that time are removed)

--- include shared/fence.lua
local open, next_open, date = ARGV[4], ARGV[5], ARGV[6]
local retry, dirty, errors, emitted = KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local FIRST_KEY, FIRST_MEMBER = 6, 7
-- The day still counts as retained.
if tonumber(open) >= tonumber(retained_from or 0) then return {'set-back', frontier} end
for i = FIRST_KEY, #KEYS do redis.call('UNLINK', KEYS[i]) end
-- `emitted` has one field for the day and one for each symbol of the day.
redis.call('HDEL', emitted, date)
for i = FIRST_MEMBER, #ARGV do
  redis.call('ZREM', retry, ARGV[i])
  redis.call('SREM', dirty, ARGV[i])
  redis.call('HDEL', errors, ARGV[i])
  redis.call('HDEL', emitted, ARGV[i])
end
local is_last = next_open ~= ''
if is_last and tonumber(next_open) > tonumber(retired_to or 0) then redis.call('HSET', KEYS[1], 'retiredTo', next_open) end
return {'retired'}
