--- Adds refused bars to a field (`symbol reason`), and to those ahead of the clock until the clock has passed `due` (ms).
local function count_refused(refused, ahead, due, field, count)
  redis.call('HINCRBY', refused, field, count)
  redis.call('HINCRBY', ahead, due .. ' ' .. field, count)
end
