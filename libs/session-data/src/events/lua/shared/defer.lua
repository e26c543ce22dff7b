--- Keeps a change for the public events until the clock has passed it (publish.lua).
--- `due`: no part of it may be published before this time (ms). `detail`: the JSON that publish.lua describes.
--- `id`: the id of the entry in the changes, so that two equal changes stay two.
local function defer(pending, due, id, type, date, detail)
  redis.call('ZADD', pending, due, id .. ' ' .. type .. ' ' .. date .. ' ' .. detail)
end
