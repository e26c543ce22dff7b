--- Removes a consumer and its position.
--- KEYS: meta, consumers, events of partition 0
--- ARGV: incarnation, events kept, wake channel (for shared/consumers.lua), name
--- Answer: {'removed'} | {'unknown'}: no consumer has this name | {'lost'}
--- From shared/consumers.lua: read, emit, wake

--- include shared/consumers.lua
local name = ARGV[4]
local c = read(name)
if not c then return {'unknown'} end
redis.call('HDEL', KEYS[2], name)
-- Leaving has emitted this event before.
if c.state ~= 'left' then emit('consumer-left', name, c, 'reason', 'removed') end
wake()
return {'removed'}
