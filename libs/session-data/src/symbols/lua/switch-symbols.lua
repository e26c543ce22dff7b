--- Stores a new list of symbols; readers notice the change by its version. New symbols are joining: readers do not see them yet.
--- KEYS: meta of partition 0
--- ARGV: incarnation, version, list (JSON), symbols whose data must be removed (JSON) or '', wake channel,
---       number of symbols that leave, these symbols, then the symbols that join
--- Answer: 'switched' | 'there': the store has this version or a later one | 'gone': the store is gone or
---         belongs to another session
--- From shared/stamp.lua: is_own

--- include shared/stamp.lua
local incarnation, new_version, list, leaving, wake_channel = unpack(ARGV, 1, 5)
local stored_stamp, stored_version, were_joining = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'version', 'joining'))
if not is_own(stored_stamp, incarnation) then return 'gone' end
if tonumber(stored_version or 0) >= tonumber(new_version) then return 'there' end
local leaves, joining, FIRST_LEAVER = {}, {}, 7
local first_joiner = FIRST_LEAVER + tonumber(ARGV[6])
for i = FIRST_LEAVER, first_joiner - 1 do leaves[ARGV[i]] = true end
for symbol in (were_joining or ''):gmatch('%S+') do
  if not leaves[symbol] then joining[#joining + 1] = symbol end
end
for i = first_joiner, #ARGV do joining[#joining + 1] = ARGV[i] end
redis.call('HSET', KEYS[1], 'version', new_version, 'symbols', list, 'joining', table.concat(joining, ' '))
if leaving ~= '' then redis.call('HSET', KEYS[1], 'leaving', leaving) end
redis.call('PUBLISH', wake_channel, 'symbols')
return 'switched'
