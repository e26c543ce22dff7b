--- Defines `now`: the time of Redis in ms, so that the clocks of the machines need not agree.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
