--- Gives a partition a new stamp after its symbols changed, so that a writer with an older list of symbols is refused. When the
--- partition has no symbol now (it is vacant), also removes its counters and those of its keys that do not belong to one day.
--- KEYS: meta, retry, dirty, errors, refused, history, emitted, outside, refused-ahead, repository-refused, pending
--- ARGV: incarnation, version of the new stamp, '1' when the partition is vacant,
---       `retiredTo` of meta as the caller read it: the open of the oldest day that is not wholly removed, '' when it is not set,
---       number of slots before `retiredTo` that belong to symbols which leave
--- Answer: 'stamped' | 'there': the stamp has this version or a later one | 'gone': the partition is gone, or belongs to another
---         session | 'moved': a day was retired since the caller read `retiredTo`

--- include ../../redis/lua/shared/stamp.lua
local incarnation, new_version, is_vacant, retired_to, left_slots = ARGV[1], ARGV[2], ARGV[3] == '1', ARGV[4], ARGV[5]
local stamp = redis.call('HGET', KEYS[1], 'incarnation')
if not is_own(stamp, incarnation) then return 'gone' end
if version_of(stamp) >= tonumber(new_version) then return 'there' end
if (redis.call('HGET', KEYS[1], 'retiredTo') or '') ~= retired_to then return 'moved' end
redis.call('HSET', KEYS[1], 'incarnation', incarnation .. '+' .. new_version)
if is_vacant then
  redis.call('UNLINK', unpack(KEYS, 2))
  redis.call('HDEL', KEYS[1], COUNTER_NAMES)
elseif left_slots ~= '0' then
  -- The counters still include the retired days of the symbols that leave, so the slots of these days must stay expected.
  redis.call('HINCRBY', KEYS[1], 'leftSlots', left_slots)
end
return 'stamped'
