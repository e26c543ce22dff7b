--- Stores how many bars of history each symbol has.
--- KEYS: meta, history
--- ARGV: incarnation, epoch, owner, then symbol and bars, in turn
--- Answer: {'noted'} | {'lost'} | {'fenced'}

--- include shared/fence.lua
for i = 4, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
return {'noted'}
