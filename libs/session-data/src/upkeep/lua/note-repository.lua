--- Stores that a repository failed, or removes its failure when it answered. Emits the first failure and the recovery.
--- KEYS: meta, repositories, changes of partition 0
--- ARGV: incarnation, events kept, repository, now (ms), then, when it failed: next try (ms), failures in a row, error,
---       error as JSON
--- Answer: 'noted' | 'gone'

if (redis.call('HGET', KEYS[1], 'incarnation') or ''):match('^[^+]*') ~= ARGV[1] then return 'gone' end
local text = redis.call('HGET', KEYS[2], ARGV[3])
local since = text and text:match('"since":(%d+)') or ARGV[4]
local function emit(type, ...)
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[2], '*', 'type', type, 'repository', ARGV[3], ...)
end
if ARGV[5] then
  redis.call('HSET', KEYS[2], ARGV[3], '{"since":' .. since .. ',"nextTryAt":' .. ARGV[5] .. ',"failures":' .. ARGV[6] ..
    ',"error":' .. ARGV[8] .. '}')
  if not text then emit('repository-failed', 'error', ARGV[7], 'nextTryAt', ARGV[5]) end
elseif text then
  redis.call('HDEL', KEYS[2], ARGV[3])
  emit('repository-recovered', 'failedMs', string.format('%.0f', tonumber(ARGV[4]) - tonumber(since)))
end
return 'noted'
