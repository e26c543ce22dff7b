--- Stores counts of rows that have no slot, and how far they are counted. A repeated call stores the same again.
--- KEYS: meta, outside
--- ARGV: incarnation, epoch, owner, '1' to forget what was counted before, the mark, then field and value, in turn
--- Answer: {'noted'} | {'lost'} | {'fenced'}

--- include shared/fence.lua
if ARGV[4] == '1' then redis.call('DEL', KEYS[2]) end
for i = 6, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
redis.call('HSET', KEYS[2], 'counted', ARGV[5])
return {'noted'}
