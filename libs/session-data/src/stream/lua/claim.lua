--- Takes a partition over. Epochs come from PostgreSQL and only grow. Repeating a claim changes nothing.
--- KEYS: meta
--- ARGV: incarnation, epoch, owner
--- Answer: {'claimed', frontier, clock} | {'lost'} | {'fenced'}

local incarnation, epoch, owner, frontier, clock = unpack(
  redis.call('HMGET', KEYS[1], 'incarnation', 'epoch', 'owner', 'frontier', 'clock'))
if incarnation ~= ARGV[1] then return {'lost'} end
if tonumber(epoch) > tonumber(ARGV[2]) then return {'fenced'} end
if epoch == ARGV[2] and owner ~= ARGV[3] then return {'fenced'} end
redis.call('HSET', KEYS[1], 'epoch', ARGV[2], 'owner', ARGV[3])
return {'claimed', frontier, clock}
