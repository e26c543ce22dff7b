--- Removes the meta hash of a partition if it belongs to this session.
--- KEYS: meta
--- ARGV: incarnation
--- Answer: 'forgotten' | 'other'

if (redis.call('HGET', KEYS[1], 'incarnation') or ''):match('^[^+]*') ~= ARGV[1] then return 'other' end
redis.call('UNLINK', KEYS[1])
return 'forgotten'
