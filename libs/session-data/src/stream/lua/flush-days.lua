--- Writes whole days for all symbols of a partition, and moves the frontier. The chunks are in the store under staged
--- names, written by the same transaction, so that no reader sees those names. Renaming them is cheaper than arguments:
--- Lua makes a string of each argument, byte by byte. A refusal removes the staged chunks.
--- KEYS: meta, refused, refused-ahead, then a staged chunk for each symbol, then a chunk for each symbol in the same order
--- ARGV: those of shared/check-window.lua
--- Answer: {verdict, frontier, control}, see shared/check-window.lua

local symbols = (#KEYS - 3) / 2
local function refuse(reply)
  for i = 4, symbols + 3 do redis.call('UNLINK', KEYS[i]) end
  return reply
end
--- include shared/check-window.lua
-- One EXISTS for each would cost as much as the renaming. The first length stands for all: they came in one command.
local there = 0
for i = 4, symbols + 3, 1000 do there = there + redis.call('EXISTS', unpack(KEYS, i, math.min(i + 999, symbols + 3))) end
if there ~= symbols or redis.call('STRLEN', KEYS[4]) ~= total then
  return refuse(redis.error_reply('flush: expected ' .. symbols .. ' chunks of ' .. total .. ' bytes'))
end

for i = 4, symbols + 3 do redis.call('RENAME', KEYS[i], KEYS[i + symbols]) end
--- include shared/finish-window.lua
