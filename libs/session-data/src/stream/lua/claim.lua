--- Takes a partition over. Epochs come from PostgreSQL and only grow. Repeating a claim changes nothing.
--- KEYS: meta
--- ARGV: incarnation, epoch, owner
--- Answer: {'claimed', frontier, clock} | {'lost'} | {'fenced'}

local m = redis.call('HMGET', KEYS[1], 'incarnation', 'epoch', 'owner', 'frontier', 'clock')
if m[1] ~= ARGV[1] then return {'lost'} end
if tonumber(m[2]) > tonumber(ARGV[2]) then return {'fenced'} end
if m[2] == ARGV[2] and m[3] ~= ARGV[3] then return {'fenced'} end
redis.call('HSET', KEYS[1], 'epoch', ARGV[2], 'owner', ARGV[3])
return {'claimed', m[4], m[5]}
