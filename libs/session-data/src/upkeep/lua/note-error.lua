--- Stores the error of a repository for one day of some symbols.
--- KEYS: meta, errors
--- ARGV: stamp, error, open of the day (ms), then the members (`date symbol`)
--- Answer: 'noted' | 'gone': the session was deleted or its symbols changed | 'retired': the day is no longer retained

local FIRST_MEMBER = 4
local error_text, open = ARGV[2], ARGV[3]
local incarnation, retained_from = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'retainedFrom'))
if incarnation ~= ARGV[1] then return 'gone' end
if tonumber(open) < tonumber(retained_from or 0) then return 'retired' end
for i = FIRST_MEMBER, #ARGV do redis.call('HSET', KEYS[2], ARGV[i], error_text) end
return 'noted'
