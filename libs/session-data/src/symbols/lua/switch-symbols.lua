--- Stores a new list of symbols; readers notice the change by its version. New symbols are joining: readers do not see them yet.
--- KEYS: meta of partition 0
--- ARGV: incarnation, version, list (JSON), symbols whose data must be removed (JSON) or '', wake channel,
---       number of symbols that leave, these symbols, then the symbols that join
--- Answer: 'switched' | 'there': the store has this version or a later one | 'gone': the store is gone or
---         belongs to another session
--- From shared/stamp.lua: is_own

--- include ../../redis/lua/shared/stamp.lua
local incarnation, new_version, list, data_to_remove, wake_channel = unpack(ARGV, 1, 5)
local stored_incarnation, stored_version, were_joining = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'version', 'joining'))
if not is_own(stored_incarnation, incarnation) then return 'gone' end
if tonumber(stored_version or 0) >= tonumber(new_version) then return 'there' end

local FIRST_LEAVER = 7 -- its index in ARGV
local first_joiner = FIRST_LEAVER + tonumber(ARGV[6])
local is_leaving, joining = {}, {}
for i = FIRST_LEAVER, first_joiner - 1 do is_leaving[ARGV[i]] = true end
for symbol in (were_joining or ''):gmatch('%S+') do
  if not is_leaving[symbol] then joining[#joining + 1] = symbol end
end
for i = first_joiner, #ARGV do joining[#joining + 1] = ARGV[i] end
redis.call('HSET', KEYS[1], 'version', new_version, 'symbols', list, 'joining', table.concat(joining, ' '))
if data_to_remove ~= '' then redis.call('HSET', KEYS[1], 'leaving', data_to_remove) end
redis.call('PUBLISH', wake_channel, 'symbols')
return 'switched'
