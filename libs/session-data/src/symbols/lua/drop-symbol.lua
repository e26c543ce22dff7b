--- Removes days of a symbol that left, and subtracts its slots from the partition's counters. A repeated call subtracts
--- nothing: a day without keys was removed before.
--- KEYS: meta, retry, dirty, errors, refused, history, emitted, outside, refused-ahead, repository-refused, then for each
---       day k keys: states, base chunk, derived chunks
--- ARGV: incarnation, version, symbol, '1' when the counters include it, k, then for each day: date, its part in each counter
--- Answer: 'dropped' | 'gone': the partition is gone or belongs to another session

--- include shared/stamp.lua
local stamp = redis.call('HGET', KEYS[1], 'incarnation')
if not is_own(stamp, ARGV[1]) then return 'gone' end
if version(stamp) < tonumber(ARGV[2]) then return redis.error_reply('drop: expected a partition that was stamped') end
local symbol, k, at = ARGV[3], tonumber(ARGV[5]), 6
for i = 11, #KEYS, k do
  local member = ARGV[at] .. ' ' .. symbol
  if ARGV[4] == '1' and redis.call('EXISTS', KEYS[i], KEYS[i + 1]) > 0 then
    for c, name in ipairs(counters) do
      if ARGV[at + c] ~= '0' then redis.call('HINCRBY', KEYS[1], name, '-' .. ARGV[at + c]) end
    end
  end
  for key = i, i + k - 1 do redis.call('UNLINK', KEYS[key]) end
  redis.call('ZREM', KEYS[2], member)
  redis.call('SREM', KEYS[3], member)
  redis.call('HDEL', KEYS[4], member)
  redis.call('HDEL', KEYS[7], member)
  at = at + 1 + #counters
end
redis.call('HDEL', KEYS[6], symbol)
local function forget(key, symbol_of)
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if field:match(symbol_of) == symbol then redis.call('HDEL', key, field) end
  end
end
forget(KEYS[5], '^%S+')
for key = 8, 10 do forget(KEYS[key], '^%S+ (%S+)') end
return 'dropped'
