--- Removes keys of a partition if its meta hash has the stamp of a removed session, or if it has no meta hash and no session has the id
--- now. Such keys exist after a late writer made them, or after the server lost its newest writes.
--- KEYS: meta, keys of the partition to remove
--- ARGV: '1' when no session has the id now, otherwise '0'; then the incarnations of the removed sessions of this id
--- Answer: number of removed keys; 0 when the partition does not belong to a removed session

local stamp = redis.call('HGET', KEYS[1], 'incarnation')
local FIRST_INCARNATION = 2
local is_id_free = ARGV[1] == '1'
local is_removed = not stamp and is_id_free
for i = FIRST_INCARNATION, #ARGV do
  -- The stamp is the incarnation, then `+` and a version if the symbols changed.
  if stamp and stamp:match('^[^+]*') == ARGV[i] then is_removed = true end
end
if not is_removed then return 0 end
return redis.call('UNLINK', unpack(KEYS, 2))
