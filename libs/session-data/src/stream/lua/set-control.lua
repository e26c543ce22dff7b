--- Sets what the stream does next.
--- KEYS: meta of partition 0
--- ARGV: incarnation, control ('run', 'pause', 'stop' or 'reload'), wake channel
--- Answer: 'set' | 'gone'

if (redis.call('HGET', KEYS[1], 'incarnation') or ''):match('^[^+]*') ~= ARGV[1] then return 'gone' end
redis.call('HSET', KEYS[1], 'control', ARGV[2])
redis.call('PUBLISH', ARGV[3], 'control')
return 'set'
