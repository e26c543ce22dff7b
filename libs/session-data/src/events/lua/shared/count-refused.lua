--- Adds refused bars to the field `symbol reason` of `refused`. Also adds them to `refused-ahead`, whose fields publish.lua removes
--- once the clock has reached `due` (ms): until then a strategy does not see these bars.
local function count_refused(refused, ahead, due, field, count)
  redis.call('HINCRBY', refused, field, count)
  redis.call('HINCRBY', ahead, due .. ' ' .. field, count)
end
