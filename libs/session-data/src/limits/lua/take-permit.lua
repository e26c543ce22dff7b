--- Grants a session one request to a repository, unless the repository rests, its limits are reached, or another waiting
--- session is next. Next is the session that was granted its last request the longest ago.
--- KEYS: of the repository, times in ms; sorted sets: leases (by their end), asked (leases of the last period, by their grant), waiting
---       (sessions by their last attempt), turns (sessions by the number of their last turn); resting (see rest-repository.lua)
--- ARGV: session, lease, maximum number of requests at the same time, and per period (0: no limit), the period (ms),
---       lifetime of a lease (ms), time after which a session that does not ask again loses its turn (ms), 'more' when the
---       session has more requests waiting, otherwise ''
--- Answer: 'granted' | 'wait'

--- include ../../redis/lua/shared/now.lua
local leases, asked, waiting, turns, resting = unpack(KEYS)
local session, lease = ARGV[1], ARGV[2]
local concurrency_max, per_period_max = tonumber(ARGV[3]), tonumber(ARGV[4])
local period_ms, lease_ms, patience_ms = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local has_more = ARGV[8] == 'more'
-- Moves times that are later than possible to the latest possible one. They are from before the clock of the server was set back.
local function move_back(key, latest)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', key, '(' .. string.format('%.0f', latest), '+inf')) do
    redis.call('ZADD', key, latest, member)
  end
end
-- The answer when the request may not be sent now.
local function wait()
  move_back(leases, now + lease_ms)
  move_back(asked, now)
  move_back(waiting, now)
  return 'wait'
end
-- If an earlier call granted the lease but its answer was lost, grants it again. An expired lease goes through the checks below.
if tonumber(redis.call('ZSCORE', leases, lease) or 0) > now then return 'granted' end

-- The keys of an unused repository expire this long after the last of their entries can have counted.
local MARGIN_MS = 60000
local keep_ms = math.max(period_ms, lease_ms, patience_ms) + MARGIN_MS
redis.call('ZADD', waiting, now, session)
redis.call('PEXPIRE', waiting, keep_ms)
local rest_ends, rest_ms = (redis.call('GET', resting) or ''):match('^(%d+) (%d+)$')
if rest_ends and tonumber(rest_ends) > now then
  -- An end that is too late is from before the clock was set back.
  local latest = now + tonumber(rest_ms)
  if tonumber(rest_ends) > latest then redis.call('SET', resting, string.format('%.0f %s', latest, rest_ms), 'PX', rest_ms) end
  return 'wait'
end
-- Removes entries that no longer count. `(` excludes the time itself; `%.0f` writes all digits.
redis.call('ZREMRANGEBYSCORE', leases, '-inf', now)
redis.call('ZREMRANGEBYSCORE', asked, '-inf', now - period_ms)
redis.call('ZREMRANGEBYSCORE', waiting, '-inf', '(' .. string.format('%.0f', now - patience_ms))
if concurrency_max > 0 and redis.call('ZCARD', leases) >= concurrency_max then return wait() end
if per_period_max > 0 and redis.call('ZCARD', asked) >= per_period_max then return wait() end
-- A waiting session whose last turn is earlier comes first.
local own_turn = tonumber(redis.call('ZSCORE', turns, session) or 0)
for _, other in ipairs(redis.call('ZRANGE', waiting, 0, -1)) do
  if tonumber(redis.call('ZSCORE', turns, other) or 0) < own_turn then return wait() end
end
local latest_turn = redis.call('ZRANGE', turns, -1, -1, 'WITHSCORES')
redis.call('ZADD', turns, tonumber(latest_turn[2] or 0) + 1, session)
redis.call('ZADD', leases, now + lease_ms, lease)
redis.call('ZADD', asked, now, lease)
if not has_more then redis.call('ZREM', waiting, session) end
-- Keeps only the latest turns. A session whose turn was removed counts as one that had no turn.
local TURNS_KEPT = 10000
redis.call('ZREMRANGEBYRANK', turns, 0, -TURNS_KEPT - 1)
for _, key in ipairs({ leases, asked, waiting, turns }) do redis.call('PEXPIRE', key, keep_ms) end
return 'granted'
