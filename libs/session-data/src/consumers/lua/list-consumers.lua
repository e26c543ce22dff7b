--- Lists all consumers.
--- KEYS: meta, consumers, events of partition 0
--- ARGV: those of shared/consumers.lua
--- Answer: {'consumers', now (ms), then name and text of each} | {'lost'}. Text: see shared/consumers.lua
--- From shared/consumers.lua: now

--- include shared/consumers.lua
return {'consumers', string.format('%.0f', now), unpack(redis.call('HGETALL', KEYS[2]))}
