--- Stores that a repository failed, or removes the stored failure when the repository answered. Emits the first failure and the recovery.
--- KEYS: meta, repositories, changes of partition 0
--- ARGV: incarnation, events kept, repository, now (ms), then, when the repository failed: next try (ms), failures in a row, error,
---       error as JSON
--- Answer: 'noted' | 'gone': the store is gone or belongs to another session

--- include ../../redis/lua/shared/stamp.lua
local events_kept, repository, now = ARGV[2], ARGV[3], ARGV[4]
local next_try, failures, message, message_json = ARGV[5], ARGV[6], ARGV[7], ARGV[8]
if not is_own(redis.call('HGET', KEYS[1], 'incarnation'), ARGV[1]) then return 'gone' end
local stored = redis.call('HGET', KEYS[2], repository)
-- The time of the first failure in a row.
local since = stored and stored:match('"since":(%d+)') or now
-- Emits an event of the repository. `...`: further fields and values.
local function emit(type, ...)
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', events_kept, '*', 'type', type, 'repository', repository, ...)
end
if next_try then
  redis.call('HSET', KEYS[2], repository, '{"since":' .. since .. ',"nextTryAt":' .. next_try .. ',"failures":' .. failures ..
    ',"error":' .. message_json .. '}')
  if not stored then emit('repository-failed', 'error', message, 'nextTryAt', next_try) end
elseif stored then
  redis.call('HDEL', KEYS[2], repository)
  emit('repository-recovered', 'failedMs', string.format('%.0f', tonumber(now) - tonumber(since)))
end
return 'noted'
