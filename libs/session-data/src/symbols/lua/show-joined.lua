--- Makes symbols that joined the session visible. Readers do not see a symbol while its name is in the field `joining` of meta; this
--- script removes names from that field. The caller has seen that these symbols are whole up to a time. If the session's list of symbols
--- changed meanwhile, the script does nothing, because a symbol with the same name may have left and joined again.
--- KEYS: meta of partition 0
--- ARGV: incarnation, epoch, owner, version of the list of symbols that the caller knows, time up to which the symbols are whole (ms),
---       then the symbols
--- Answer: 'joined' | 'not-yet': the list changed, or the clock is after that time | 'lost' | 'fenced'

--- include ../../redis/lua/shared/stamp.lua
local incarnation, caller_epoch, caller_owner, list_version, whole_up_to = unpack(ARGV, 1, 5)
-- `stored_version`: of the list of symbols. The version in the stamp of partition 0 is not compared here.
local stored_stamp, epoch, owner, stored_version, clock, were_joining = unpack(
  redis.call('HMGET', KEYS[1], 'incarnation', 'epoch', 'owner', 'version', 'clock', 'joining'))
if not is_own(stored_stamp, incarnation) then return 'lost' end
if epoch ~= caller_epoch or owner ~= caller_owner then return 'fenced' end
if (stored_version or '0') ~= list_version or tonumber(clock) > tonumber(whole_up_to) then return 'not-yet' end
local FIRST_SYMBOL = 6
local is_whole, joining = {}, {}
for i = FIRST_SYMBOL, #ARGV do is_whole[ARGV[i]] = true end
for symbol in (were_joining or ''):gmatch('%S+') do
  if not is_whole[symbol] then joining[#joining + 1] = symbol end
end
redis.call('HSET', KEYS[1], 'joining', table.concat(joining, ' '))
return 'joined'
