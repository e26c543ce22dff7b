--- Stores a new list of symbols, from which all readers take the change. New symbols are joining: readers do not see them yet.
--- KEYS: meta of partition 0
--- ARGV: incarnation, version, list (JSON), what must be removed (JSON) or '', wake channel,
---       number of symbols that leave, these symbols, then the symbols that join
--- Answer: 'switched' | 'there': the store has this version or a later one | 'gone'

--- include shared/stamp.lua
local incarnation, stored_version, were_joining = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'version', 'joining'))
if not is_own(incarnation, ARGV[1]) then return 'gone' end
if tonumber(stored_version or 0) >= tonumber(ARGV[2]) then return 'there' end
local leave, joining = {}, {}
for i = 7, 6 + tonumber(ARGV[6]) do leave[ARGV[i]] = true end
for symbol in (were_joining or ''):gmatch('%S+') do
  if not leave[symbol] then joining[#joining + 1] = symbol end
end
for i = 7 + tonumber(ARGV[6]), #ARGV do joining[#joining + 1] = ARGV[i] end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'symbols', ARGV[3], 'joining', table.concat(joining, ' '))
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'leaving', ARGV[4]) end
redis.call('PUBLISH', ARGV[5], 'symbols')
return 'switched'
