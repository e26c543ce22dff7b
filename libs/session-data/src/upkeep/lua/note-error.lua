--- Stores the error of a repository for one day of some symbols.
--- KEYS: meta, errors
--- ARGV: stamp, error, open of the day (ms), then the members (`date symbol`)
--- Answer: {'done'} | {'gone'}, see shared/retained-day.lua

local meta, errors = unpack(KEYS)
local stamp, error_text, open = unpack(ARGV)
--- include shared/retained-day.lua
local FIRST_MEMBER = 4
for i = FIRST_MEMBER, #ARGV do redis.call('HSET', errors, ARGV[i], error_text) end
return {'done'}
