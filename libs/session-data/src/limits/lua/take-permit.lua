--- Grants a session one request to a repository, unless the repository rests, its limits are reached, or it is the turn
--- of another session that waits. The session that was granted a request longest ago is next.
--- KEYS: leases, asked, waiting, turns, resting of the repository
--- ARGV: session, lease, concurrency or 0, requests in a period or 0, the period (ms), life of a lease (ms), time after which a
---       session that does not ask again has given up (ms), 'more' when the session has more requests waiting
--- Answer: {'granted'} | {'wait', ms}

--- include ../../redis/lua/shared/now.lua
local concurrency, max, period, life, patience = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local keep = math.max(period, life, patience) + 60000
local rests_until = tonumber(redis.call('GET', KEYS[5]) or 0)
redis.call('ZADD', KEYS[3], now, ARGV[1])
redis.call('PEXPIRE', KEYS[3], keep)
if rests_until > now then return {'wait', rests_until - now} end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - period)
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', '(' .. string.format('%.0f', now - patience))
if concurrency > 0 and redis.call('ZCARD', KEYS[1]) >= concurrency then return {'wait', patience} end
if max > 0 and redis.call('ZCARD', KEYS[2]) >= max then
  local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  return {'wait', math.max(1, tonumber(first[2]) + period - now)}
end
local own = tonumber(redis.call('ZSCORE', KEYS[4], ARGV[1]) or 0)
for _, other in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do
  if other ~= ARGV[1] and tonumber(redis.call('ZSCORE', KEYS[4], other) or 0) < own then return {'wait', patience} end
end
local last = redis.call('ZRANGE', KEYS[4], -1, -1, 'WITHSCORES')
redis.call('ZADD', KEYS[4], tonumber(last[2] or 0) + 1, ARGV[1])
redis.call('ZADD', KEYS[1], now + life, ARGV[2])
redis.call('ZADD', KEYS[2], now, ARGV[2])
if ARGV[8] ~= 'more' then redis.call('ZREM', KEYS[3], ARGV[1]) end
redis.call('ZREMRANGEBYRANK', KEYS[4], 0, -10001)
for i = 1, 4 do redis.call('PEXPIRE', KEYS[i], keep) end
return {'granted'}
