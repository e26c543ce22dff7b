--- Makes a coordinator the owner of a partition. Epochs come from PostgreSQL and only grow. A repeated claim changes nothing.
--- KEYS: meta
--- ARGV: stamp, epoch, owner
--- Answer: {'claimed', frontier, clock} | {'lost'} | {'fenced'}: the partition has a later owner, or another one of this epoch

local stamp, epoch, owner, frontier, clock = unpack(
  redis.call('HMGET', KEYS[1], 'incarnation', 'epoch', 'owner', 'frontier', 'clock'))
if stamp ~= ARGV[1] then return {'lost'} end
if tonumber(epoch) > tonumber(ARGV[2]) then return {'fenced'} end
if epoch == ARGV[2] and owner ~= ARGV[3] then return {'fenced'} end
redis.call('HSET', KEYS[1], 'epoch', ARGV[2], 'owner', ARGV[3])
return {'claimed', frontier, clock}
