--- Blocks all requests to a repository for a while. An earlier block that ends later stays as it is.
--- KEYS: resting of the repository: a string, the time (ms) at which the block ends, and the length of the block (ms)
--- ARGV: length of the block (ms)
--- Answer: 'rests'

--- include ../../redis/lua/shared/now.lua
local ends = now + tonumber(ARGV[1])
if ends > tonumber((redis.call('GET', KEYS[1]) or ''):match('^%d+') or 0) then
  redis.call('SET', KEYS[1], string.format('%.0f %s', ends, ARGV[1]), 'PX', ARGV[1])
end
return 'rests'
