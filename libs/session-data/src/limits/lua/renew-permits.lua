--- Extends the leases that are still held.
--- KEYS: leases of the repository
--- ARGV: life of a lease (ms), then the leases
--- Answer: 'renewed'

--- include ../../redis/lua/shared/now.lua
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], 'XX', now + tonumber(ARGV[1]), ARGV[i]) end
return 'renewed'
