--- Makes symbols visible to readers that are whole up to the clock. Refuses when the list changed meanwhile, because a symbol
--- with the same name may have left and joined again.
--- KEYS: meta of partition 0
--- ARGV: incarnation, epoch, owner, version of the list, time up to which the symbols are whole (ms), then the symbols
--- Answer: 'joined' | 'not-yet': the list changed, or the clock is after that time | 'lost' | 'fenced'

--- include shared/stamp.lua
local incarnation, epoch, owner, stored_version, clock, were_joining = unpack(
  redis.call('HMGET', KEYS[1], 'incarnation', 'epoch', 'owner', 'version', 'clock', 'joining'))
if not is_own(incarnation, ARGV[1]) then return 'lost' end
if epoch ~= ARGV[2] or owner ~= ARGV[3] then return 'fenced' end
if (stored_version or '0') ~= ARGV[4] or tonumber(clock) > tonumber(ARGV[5]) then return 'not-yet' end
local whole, joining = {}, {}
for i = 6, #ARGV do whole[ARGV[i]] = true end
for symbol in (were_joining or ''):gmatch('%S+') do
  if not whole[symbol] then joining[#joining + 1] = symbol end
end
redis.call('HSET', KEYS[1], 'joining', table.concat(joining, ' '))
return 'joined'
