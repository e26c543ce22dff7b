--- Adds refused bars to the field `symbol reason` of the hash `refused`, and to `ahead`, the hash `refused-ahead`. publish.lua removes
--- them from `ahead` once the clock has reached `due` (ms). Until then readers for a strategy subtract them.
local function count_refused(refused, ahead, due, field, count)
  redis.call('HINCRBY', refused, field, count)
  redis.call('HINCRBY', ahead, due .. ' ' .. field, count)
end
