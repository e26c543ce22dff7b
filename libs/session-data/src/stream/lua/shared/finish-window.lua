--- What both flush scripts end with: count the bars and the refusals, move the frontier.

for r = 0, refusals - 1 do
  local field, count = ARGV[9 + 2 * r], ARGV[10 + 2 * r]
  redis.call('HINCRBY', KEYS[2], field, count)
  redis.call('HINCRBY', KEYS[3], ARGV[5] .. ' ' .. field, count)
end
redis.call('HINCRBY', KEYS[1], 'streamed', ARGV[7])
redis.call('HSET', KEYS[1], 'frontier', ARGV[5])
return {'written', ARGV[5], m[4]}
