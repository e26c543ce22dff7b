--- Removes a consumer and its position.
--- KEYS: meta, consumers, events of partition 0
--- ARGV: those of shared/consumers.lua, then name
--- Answer: {'removed'} | {'unknown'}

--- include shared/consumers.lua
local c = read(ARGV[4])
if not c then return {'unknown'} end
redis.call('HDEL', KEYS[2], ARGV[4])
if c.state ~= 'left' then emit('consumer-left', ARGV[4], c, 'reason', 'removed') end
wake()
return {'removed'}
