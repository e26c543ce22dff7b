--- Reads the bitmaps and slot states of many cells of one partition. A cell is one symbol on one day.
--- KEYS: for each cell its chunk, then for each cell its states
--- ARGV: for each cell the length of its bitmap (bytes)
--- Answer: the bitmaps one after another, zeros where a chunk does not exist; for each cell '1' if it has states, otherwise '0';
---         the states of the cells that have them, one after another. These three long replies cost the reader less than two
---         short ones for each cell

local cells = #KEYS / 2
local bitmaps, has_states, states = {}, {}, {}
local all_states = redis.call('MGET', unpack(KEYS, cells + 1))
for i = 1, cells do
  local bytes = tonumber(ARGV[i])
  local bitmap = redis.call('GETRANGE', KEYS[i], 0, bytes - 1)
  if #bitmap < bytes then bitmap = bitmap .. string.rep(string.char(0), bytes - #bitmap) end
  bitmaps[i] = bitmap
  has_states[i] = all_states[i] and '1' or '0'
  if all_states[i] then states[#states + 1] = all_states[i] end
end
return {table.concat(bitmaps), table.concat(has_states), table.concat(states)}
