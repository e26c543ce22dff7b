--- Begins the partition of a symbol that joins: creates the partition's meta hash; or, when another symbol had the partition before, starts
--- it again, without those keys of the former symbol that do not belong to one day.
--- KEYS: meta, retry, dirty, errors, refused, history, emitted, outside, refused-ahead, repository-refused, pending
--- ARGV: incarnation, version, start of the partition (ms), history days,
---       open of the oldest retained day (ms) or '' when no day was removed
--- Answer: 'begun' | 'exists': an earlier call began it | 'other': another session has this id

--- include ../../redis/lua/shared/stamp.lua
local incarnation, new_version, start, history_days, retained_from = unpack(ARGV)
local stamp = redis.call('HGET', KEYS[1], 'incarnation')
if stamp then
  if not is_own(stamp, incarnation) then return 'other' end
  if version_of(stamp) >= tonumber(new_version) then return 'exists' end
  redis.call('UNLINK', unpack(KEYS, 2))
  redis.call('HDEL', KEYS[1], 'retainedFrom', 'retiredTo', 'begun', COUNTER_NAMES)
else
  -- Epoch 0 has no owner: the session's owner claims the partition.
  redis.call('HSET', KEYS[1], 'epoch', 0, 'owner', '', 'control', 'run')
end
redis.call('HSET', KEYS[1], 'incarnation', incarnation .. '+' .. new_version, 'historyDays', history_days,
  'frontier', start, 'watermark', start, 'clock', start)
if retained_from ~= '' then
  -- The field `begun`: where the counts of this partition begin.
  redis.call('HSET', KEYS[1], 'retainedFrom', retained_from, 'retiredTo', retained_from, 'begun', start)
end
return 'begun'
