--- Stores a change in the sorted set `pending`: publish.lua moves it to the public events when the clock has passed its slots.
--- `due`: no part of the change may be published before this time (ms). `type`, `date`: of the event. `detail`: the JSON that
--- publish.lua describes. `id`: id of the change in the stream of changes, which makes two equal changes two members.
local function defer(pending, due, id, type, date, detail)
  redis.call('ZADD', pending, due, id .. ' ' .. type .. ' ' .. date .. ' ' .. detail)
end
