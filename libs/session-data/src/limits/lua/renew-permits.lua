--- Extends the leases that are still held.
--- KEYS: leases of the repository
--- ARGV: life of a lease (ms), then the leases
--- Answer: number of leases that were extended

local t = redis.call('TIME')
local ends = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000) + tonumber(ARGV[1])
local extended = 0
for i = 2, #ARGV do
  if redis.call('ZSCORE', KEYS[1], ARGV[i]) then
    redis.call('ZADD', KEYS[1], ends, ARGV[i])
    extended = extended + 1
  end
end
return extended
