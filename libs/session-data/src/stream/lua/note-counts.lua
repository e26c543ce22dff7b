--- Stores counts of a partition: its bars of history, or its rows that have no slot. A repeated call stores the same again.
--- KEYS: meta, history or outside
--- ARGV: stamp, epoch, owner, '1' to forget what was counted before, then field and value, in turn
--- Answer: {'noted'} | {'lost'} | {'fenced'}

--- include shared/fence.lua
if ARGV[4] == '1' then redis.call('DEL', KEYS[2]) end
for i = 5, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
return {'noted'}
