--- Blocks all requests to a repository for a while. A block that ends later is kept.
--- KEYS: resting of the repository
--- ARGV: rest (ms)
--- Answer: 'rests'

--- include ../../redis/lua/shared/now.lua
local ends = now + tonumber(ARGV[1])
if ends > tonumber(redis.call('GET', KEYS[1]) or 0) then
  redis.call('SET', KEYS[1], string.format('%.0f', ends), 'PX', ARGV[1])
end
return 'rests'
