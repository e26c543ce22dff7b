--- Creates the meta hash of a partition, unless it exists.
--- KEYS: meta
--- ARGV: stamp, epoch, owner, start (ms), spec (JSON), history days, trading days (text),
---       version of the symbols and their changes (JSON); '0' and '' when nothing changed
--- Answer: 'created' | 'exists' | 'other': the hash belongs to another session, or has another list of symbols

local stored_stamp = redis.call('HGET', KEYS[1], 'incarnation')
if stored_stamp then
  if stored_stamp == ARGV[1] then return 'exists' end
  return 'other'
end
redis.call('HSET', KEYS[1], 'incarnation', ARGV[1], 'epoch', ARGV[2], 'owner', ARGV[3],
  'frontier', ARGV[4], 'watermark', ARGV[4], 'clock', ARGV[4], 'control', 'run', 'spec', ARGV[5], 'historyDays', ARGV[6],
  'days', ARGV[7])
if ARGV[8] ~= '0' then redis.call('HSET', KEYS[1], 'version', ARGV[8], 'symbols', ARGV[9]) end
return 'created'
