--- Lists all consumers.
--- KEYS: meta, consumers, events of partition 0
--- ARGV: incarnation, events kept, wake channel (for shared/consumers.lua)
--- Answer: {'consumers', now (ms), then the name and the text of each consumer} | {'lost'}; shared/consumers.lua describes the text
--- From shared/consumers.lua: now

--- include shared/consumers.lua
return {'consumers', string.format('%.0f', now), unpack(redis.call('HGETALL', KEYS[2]))}
