--- Creates the meta hash of a partition, unless it exists.
--- KEYS: meta
--- ARGV: stamp, epoch, owner, start (ms), spec (JSON), history days, trading days (text),
---       version of the symbols and their changes (JSON); '0' and '' when nothing changed
--- Answer: 'created' | 'exists' | 'lost': the hash belongs to another session, or has another list of symbols

local stamp, epoch, owner, start, spec, history_days, days, version, symbols = unpack(ARGV)
local stored_stamp = redis.call('HGET', KEYS[1], 'incarnation')
if stored_stamp then return stored_stamp == stamp and 'exists' or 'lost' end
redis.call('HSET', KEYS[1], 'incarnation', stamp, 'epoch', epoch, 'owner', owner, 'frontier', start, 'watermark', start,
  'clock', start, 'control', 'run', 'spec', spec, 'historyDays', history_days, 'days', days)
if version ~= '0' then redis.call('HSET', KEYS[1], 'version', version, 'symbols', symbols) end
return 'created'
