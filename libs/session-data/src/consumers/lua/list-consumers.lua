--- Lists all consumers.
--- KEYS: meta, consumers, events of partition 0
--- ARGV: those of shared/consumers.lua
--- Answer: {'consumers', now (ms), then each consumer's name and its text} | {'lost'}; shared/consumers.lua describes the text
---         and answers 'lost'
--- From shared/consumers.lua: now

--- include shared/consumers.lua
return {'consumers', string.format('%.0f', now), unpack(redis.call('HGETALL', KEYS[2]))}
