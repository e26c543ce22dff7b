--- Stores counts of a partition: its bars of history, or its rows without a slot. A repeated call stores the same values.
--- KEYS: meta, history or outside
--- ARGV: stamp, epoch, owner, '1' to remove the stored counts first, then fields and values by turns
--- Answer: {'noted'} | {'lost'} | {'fenced'}

--- include shared/fence.lua
if ARGV[4] == '1' then redis.call('DEL', KEYS[2]) end
for i = 5, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
return {'noted'}
