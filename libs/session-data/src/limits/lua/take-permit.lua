--- Grants a session one request to a repository, unless the repository rests, its limits are reached, or another waiting
--- session is next. Next is the session that was granted its last request the longest ago.
--- KEYS: leases, asked, waiting, turns, resting of the repository
--- ARGV: session, lease, concurrency or 0, requests per period or 0, the period (ms), lifetime of a lease (ms), time
---       after which a session that does not ask again loses its turn (ms), 'more' when the session has more requests waiting
--- Answer: {'granted'} | {'wait', ms}

--- include ../../redis/lua/shared/now.lua
local concurrency, max, period, lease_ms, patience = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local keep_ms = math.max(period, lease_ms, patience) + 60000
local rests_until = tonumber(redis.call('GET', KEYS[5]) or 0)
redis.call('ZADD', KEYS[3], now, ARGV[1])
redis.call('PEXPIRE', KEYS[3], keep_ms)
if rests_until > now then return {'wait', rests_until - now} end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - period)
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', '(' .. string.format('%.0f', now - patience))
if concurrency > 0 and redis.call('ZCARD', KEYS[1]) >= concurrency then return {'wait', patience} end
if max > 0 and redis.call('ZCARD', KEYS[2]) >= max then
  local oldest = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  return {'wait', math.max(1, tonumber(oldest[2]) + period - now)}
end
local own_turn = tonumber(redis.call('ZSCORE', KEYS[4], ARGV[1]) or 0)
for _, other in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do
  if other ~= ARGV[1] and tonumber(redis.call('ZSCORE', KEYS[4], other) or 0) < own_turn then return {'wait', patience} end
end
local latest_turn = redis.call('ZRANGE', KEYS[4], -1, -1, 'WITHSCORES')
redis.call('ZADD', KEYS[4], tonumber(latest_turn[2] or 0) + 1, ARGV[1])
redis.call('ZADD', KEYS[1], now + lease_ms, ARGV[2])
redis.call('ZADD', KEYS[2], now, ARGV[2])
if ARGV[8] ~= 'more' then redis.call('ZREM', KEYS[3], ARGV[1]) end
-- Keeps the latest 10,000 turns.
redis.call('ZREMRANGEBYRANK', KEYS[4], 0, -10001)
for i = 1, 4 do redis.call('PEXPIRE', KEYS[i], keep_ms) end
return {'granted'}
