--- Writes a whole day for all symbols of a partition, and moves the frontier. The caller's transaction has written the chunks under staged
--- names; this script renames them. When it refuses the call, the transaction removes them. As arguments Redis would copy them into Lua strings.
--- KEYS: meta, refused, refused-ahead, then a staged chunk for each symbol, then a chunk for each symbol in the same order
--- ARGV: stamp, epoch, owner, frontier before (ms), frontier after (ms), chunk bytes, bars in the window,
---       number of refusals r, r × (field, count)
--- Answer: {verdict, frontier, control}, see shared/window.lua
--- From shared/window.lua: chunk_bytes, finish_window

--- include shared/window.lua
local symbols = (#KEYS - 3) / 2
local FIRST_STAGED, KEYS_A_CALL = 4, 1000
local last_staged = symbols + 3
-- Counts the staged chunks with few calls: one EXISTS per chunk would cost as much as the renaming. One MSET wrote all chunks,
-- so checking the length of the first is enough.
local existing = 0
for i = FIRST_STAGED, last_staged, KEYS_A_CALL do
  existing = existing + redis.call('EXISTS', unpack(KEYS, i, math.min(i + KEYS_A_CALL - 1, last_staged)))
end
if existing ~= symbols or redis.call('STRLEN', KEYS[FIRST_STAGED]) ~= chunk_bytes then
  return redis.error_reply('flush: expected ' .. symbols .. ' chunks of ' .. chunk_bytes .. ' bytes')
end

for i = FIRST_STAGED, last_staged do redis.call('RENAME', KEYS[i], KEYS[i + symbols]) end
return finish_window()
