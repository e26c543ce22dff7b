--- Removes days of a symbol that left, and subtracts its slots from the partition's counters. A repeated call subtracts
--- nothing: a day without keys was removed before.
--- KEYS: meta, retry, dirty, errors, refused, history, emitted, outside, refused-ahead, repository-refused,
---       pending (not used), then k keys for each day: states, base chunk, derived chunks
--- ARGV: incarnation, version of the list with which the symbol left, symbol, '1' when the counters include the symbol, k,
---       then for each day: date, and the symbol's part in each counter, in the order of `counters`
--- Answer: 'dropped' | 'gone': the partition is gone or belongs to another session | 'unstamped': the store was set back, and accepts
---         writers again whose list has the symbol

--- include ../../redis/lua/shared/take.lua
--- include ../../redis/lua/shared/stamp.lua
local stamp = redis.call('HGET', KEYS[1], 'incarnation')
local incarnation, left_version, symbol, is_counted, k = take(5)
if not is_own(stamp, incarnation) then return 'gone' end
if version_of(stamp) < tonumber(left_version) then return 'unstamped' end
local retry, dirty, errors, refused, history, emitted, outside, refused_ahead, repository_refused = unpack(KEYS, 2, 10)
local FIRST_DAY_KEY = 12
local counters = { COUNTER_NAMES }
-- `i`: index in KEYS of the day's states.
for i = FIRST_DAY_KEY, #KEYS, tonumber(k) do
  -- The name of the symbol's day in retry, dirty, errors and emitted.
  local member = take(1) .. ' ' .. symbol
  local parts = { take(#counters) }
  -- A day that an earlier call removed has neither states nor a base chunk.
  if is_counted == '1' and redis.call('EXISTS', KEYS[i], KEYS[i + 1]) > 0 then
    for c, name in ipairs(counters) do
      if parts[c] ~= '0' then redis.call('HINCRBY', KEYS[1], name, '-' .. parts[c]) end
    end
  end
  for key = i, i + k - 1 do redis.call('UNLINK', KEYS[key]) end
  redis.call('ZREM', retry, member)
  redis.call('SREM', dirty, member)
  redis.call('HDEL', errors, member)
  redis.call('HDEL', emitted, member)
end
redis.call('HDEL', history, symbol)
-- Removes the symbol's fields from a hash. `symbol_of`: a pattern that finds the symbol in a field's name.
local function forget(key, symbol_of)
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if field:match(symbol_of) == symbol then redis.call('HDEL', key, field) end
  end
end
-- In refused the field's name begins with the symbol. In the others a date or a time comes before it.
forget(refused, '^%S+')
forget(outside, '^%S+ (%S+)')
forget(refused_ahead, '^%S+ (%S+)')
forget(repository_refused, '^%S+ (%S+)')
return 'dropped'
