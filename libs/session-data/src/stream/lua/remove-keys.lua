--- Removes keys of a partition if it belongs to a removed session: its meta hash has the stamp of one, or does not exist while no
--- session has the id. A late writer may have made the keys, or they came back when the server lost its newest writes.
--- KEYS: meta, keys of the partition to remove
--- ARGV: '1' when no session has the id now, incarnations of removed sessions
--- Answer: number of removed keys; 0 when the partition does not belong to a removed session

local stamp = redis.call('HGET', KEYS[1], 'incarnation')
local is_removed = not stamp and ARGV[1] == '1'
for i = 2, #ARGV do
  if stamp and stamp:match('^[^+]*') == ARGV[i] then is_removed = true end
end
if not is_removed then return 0 end
return redis.call('UNLINK', unpack(KEYS, 2))
