--- Reads the same bytes of several chunks of one partition. One command costs client and server less than many.
--- KEYS: chunks
--- ARGV: first byte, last byte (inclusive)
--- Answer: for each chunk its bytes: fewer when the chunk is shorter, '' when it does not exist

local bytes = {}
for i, key in ipairs(KEYS) do bytes[i] = redis.call('GETRANGE', key, ARGV[1], ARGV[2]) end
return bytes
