--- Begins the partition of a symbol that joins, or begins a vacant one again.
--- KEYS: meta
--- ARGV: incarnation, version, start (ms), history days, open of the oldest retained day (ms) or '' when no day was removed
--- Answer: 'begun' | 'exists': an earlier call began it | 'other': another session has this id

--- include shared/stamp.lua
local stamp = redis.call('HGET', KEYS[1], 'incarnation')
if stamp then
  if not is_own(stamp, ARGV[1]) then return 'other' end
  if version(stamp) >= tonumber(ARGV[2]) then return 'exists' end
  redis.call('HDEL', KEYS[1], 'retainedFrom', 'retiredTo', 'begun', unpack(counters))
else
  redis.call('HSET', KEYS[1], 'epoch', 0, 'owner', '', 'control', 'run')
end
redis.call('HSET', KEYS[1], 'incarnation', ARGV[1] .. '+' .. ARGV[2], 'historyDays', ARGV[4],
  'frontier', ARGV[3], 'watermark', ARGV[3], 'clock', ARGV[3])
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'retainedFrom', ARGV[5], 'retiredTo', ARGV[5], 'begun', ARGV[3]) end
return 'begun'
