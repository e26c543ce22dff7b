--- Stores a change in the sorted set `pending`, from which publish.lua publishes it, at the earliest at `due` (ms). `detail`: JSON that
--- publish.lua describes. `id`: of the change in the stream of changes, which makes two equal changes two members.
local function defer(pending, due, id, type, date, detail)
  redis.call('ZADD', pending, due, id .. ' ' .. type .. ' ' .. date .. ' ' .. detail)
end
