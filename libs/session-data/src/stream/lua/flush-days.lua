--- Writes a whole day for all symbols of a partition, and moves the frontier. The same transaction has written the chunks under
--- staged names, which no reader sees. Renaming chunks is cheaper than passing them as arguments, because Lua makes a string of
--- each argument, byte by byte. When the script refuses the call, it removes the staged chunks.
--- KEYS: meta, refused, refused-ahead, then a staged chunk for each symbol, then a chunk for each symbol in the same order
--- ARGV: those of shared/check-window.lua
--- Answer: {verdict, frontier, control}, see shared/check-window.lua

local symbols = (#KEYS - 3) / 2
local function refuse(reply)
  for i = 4, symbols + 3 do redis.call('UNLINK', KEYS[i]) end
  return reply
end
--- include shared/check-window.lua
-- One EXISTS per chunk would cost as much as the renaming. One MSET wrote all chunks, so checking the first length is enough.
local existing = 0
for i = 4, symbols + 3, 1000 do existing = existing + redis.call('EXISTS', unpack(KEYS, i, math.min(i + 999, symbols + 3))) end
if existing ~= symbols or redis.call('STRLEN', KEYS[4]) ~= total then
  return refuse(redis.error_reply('flush: expected ' .. symbols .. ' chunks of ' .. total .. ' bytes'))
end

for i = 4, symbols + 3 do redis.call('RENAME', KEYS[i], KEYS[i + symbols]) end
--- include shared/finish-window.lua
