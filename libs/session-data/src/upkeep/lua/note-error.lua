--- Stores an error that a repository answered for days of symbols.
--- KEYS: meta, errors
--- ARGV: stamp, error, open of the day (ms), then the members (`date symbol`)
--- Answer: 'noted' | 'gone' | 'retired'

local incarnation, retained_from = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'retainedFrom'))
if incarnation ~= ARGV[1] then return 'gone' end
if tonumber(ARGV[3]) < tonumber(retained_from or 0) then return 'retired' end
for i = 4, #ARGV do redis.call('HSET', KEYS[2], ARGV[i], ARGV[2]) end
return 'noted'
