--- Removes leftover keys of a partition: keys that a late writer made after its session was removed, or that came back when the server
--- lost its newest writes. The keys are leftover in two cases: the partition's meta hash has the stamp of a removed session; or there is no
--- meta hash, and no session has the id now.
--- KEYS: meta, then the keys to remove (the caller lists meta again to remove it too)
--- ARGV: '1' when no session has the id now, otherwise '0'; then the incarnations of the removed sessions of this id
--- Answer: number of removed keys; 0 when the partition does not belong to a removed session

--- include ../../redis/lua/shared/stamp.lua
local stamp = redis.call('HGET', KEYS[1], 'incarnation')
local FIRST_INCARNATION = 2
local is_id_free = ARGV[1] == '1'
local is_removed = not stamp and is_id_free
for i = FIRST_INCARNATION, #ARGV do
  if is_own(stamp, ARGV[i]) then is_removed = true end
end
if not is_removed then return 0 end
return redis.call('UNLINK', unpack(KEYS, 2))
