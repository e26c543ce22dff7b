--- Stores a new list of symbols; readers notice the change by its version. Also stores which symbols leave, because their data must still be
--- removed, and which are joining: readers do not see these yet.
--- KEYS: meta of partition 0
--- ARGV: incarnation, version, list (JSON), leavers (JSON, an array of objects with the field `symbol`), wake channel, then the symbols that
---       join
--- Answer: 'switched' | 'there': the store has this version or a later one | 'gone': the store is gone or
---         belongs to another session

--- include ../../redis/lua/shared/stamp.lua
local incarnation, new_version, list, leavers, wake_channel = unpack(ARGV, 1, 5)
local stored_incarnation, stored_version, were_joining = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'version', 'joining'))
if not is_own(stored_incarnation, incarnation) then return 'gone' end
if tonumber(stored_version or 0) >= tonumber(new_version) then return 'there' end

local FIRST_JOINER = 6
local is_leaving, joining = {}, {}
for _, leaver in ipairs(cjson.decode(leavers)) do is_leaving[leaver.symbol] = true end
for symbol in (were_joining or ''):gmatch('%S+') do
  if not is_leaving[symbol] then joining[#joining + 1] = symbol end
end
for i = FIRST_JOINER, #ARGV do joining[#joining + 1] = ARGV[i] end
redis.call('HSET', KEYS[1], 'version', new_version, 'symbols', list, 'joining', table.concat(joining, ' '))
if next(is_leaving) then redis.call('HSET', KEYS[1], 'leaving', leavers) end
redis.call('PUBLISH', wake_channel, 'symbols')
return 'switched'
