--- Counts refused bars of a field (`symbol reason`), and counts them as ahead until the clock has passed `due` (ms).
local function count_refused(refused, ahead, due, field, count)
  redis.call('HINCRBY', refused, field, count)
  redis.call('HINCRBY', ahead, due .. ' ' .. field, count)
end
