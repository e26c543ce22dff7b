--- Extends the leases that still exist. With XX, ZADD does not add a lease that expired.
--- KEYS: leases of the repository
--- ARGV: lifetime of a lease (ms), then the leases
--- Answer: 'renewed'

--- include ../../redis/lua/shared/now.lua
local FIRST_LEASE = 2
local lease_ms = tonumber(ARGV[1])
for i = FIRST_LEASE, #ARGV do redis.call('ZADD', KEYS[1], 'XX', now + lease_ms, ARGV[i]) end
return 'renewed'
