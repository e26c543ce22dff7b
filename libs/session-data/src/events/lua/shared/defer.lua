--- Stores a change as pending: publish.lua moves it to the public events when the clock has passed it.
--- `due`: no part of it may be published before this time (ms). `detail`: the JSON that publish.lua describes.
--- `id`: the id of the entry in the changes. It keeps two equal changes apart.
local function defer(pending, due, id, type, date, detail)
  redis.call('ZADD', pending, due, id .. ' ' .. type .. ' ' .. date .. ' ' .. detail)
end
