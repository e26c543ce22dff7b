--- Removes keys of a partition that belongs to a removed session: first the meta hash itself, later what a late writer made or what
--- came back when the server lost its newest writes.
--- KEYS: meta, keys of the partition to remove
--- ARGV: '1' when no session has the id now, incarnations that were removed
--- Answer: number of removed keys

local stamp = redis.call('HGET', KEYS[1], 'incarnation')
local is_removed = not stamp and ARGV[1] == '1'
for i = 2, #ARGV do
  if stamp and stamp:match('^[^+]*') == ARGV[i] then is_removed = true end
end
if not is_removed or #KEYS < 2 then return 0 end
return redis.call('UNLINK', unpack(KEYS, 2))
