--- Stores counts of a partition: the bars of its history, or its rows without a slot. A repeated call stores the same values.
--- KEYS: meta, history or outside
--- ARGV: stamp, epoch, owner, '1' to remove the stored counts first or '', then field, value, field, value, …
--- Answer: {'noted'} | {'lost'} | {'fenced'}

--- include shared/fence.lua
local FIRST_FIELD = 5
local must_clear = ARGV[4] == '1'
if must_clear then redis.call('DEL', KEYS[2]) end
for i = FIRST_FIELD, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
return {'noted'}
