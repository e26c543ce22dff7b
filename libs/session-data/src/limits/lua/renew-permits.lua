--- Extends the leases that still exist; an expired one stays expired (XX).
--- KEYS: leases of the repository
--- ARGV: lifetime of a lease (ms), then the leases
--- Answer: 'renewed'

--- include ../../redis/lua/shared/now.lua
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], 'XX', now + tonumber(ARGV[1]), ARGV[i]) end
return 'renewed'
