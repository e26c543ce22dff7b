--- Stores a change as pending: publish.lua moves it to the public events when the clock has passed it.
--- `due`: no part of the change may be published before this time (ms). `detail`: the JSON that publish.lua describes.
--- `id`: id of the change in the stream of changes. It keeps two equal changes apart.
local function defer(pending, due, id, type, date, detail)
  redis.call('ZADD', pending, due, id .. ' ' .. type .. ' ' .. date .. ' ' .. detail)
end
