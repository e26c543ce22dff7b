--- Notes that the session was complete before its store was set back: it waits for no consumer to join, and drops silent ones.
--- KEYS: meta, consumers, events of partition 0
--- ARGV: incarnation, events kept, wake channel (for shared/consumers.lua)
--- Answer: {'noted'} | {'lost'}

--- include shared/consumers.lua
redis.call('HSET', KEYS[1], 'gathered', 'reopened')
return {'noted'}
