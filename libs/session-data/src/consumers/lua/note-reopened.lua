--- Notes that the session was complete before its store was set back: it waits for no consumer to join, and drops silent ones.
--- KEYS: meta, consumers, events of partition 0
--- ARGV: those of shared/consumers.lua
--- Answer: {'noted'} | {'lost'} (from shared/consumers.lua)

--- include shared/consumers.lua
redis.call('HSET', KEYS[1], 'gathered', 'reopened')
return {'noted'}
