--- Writes some slots of one day for all symbols of a partition, and moves the frontier. Checks everything before the first write,
--- because Redis does not roll a script back.
--- KEYS: meta, refused, refused-ahead, then a chunk for each symbol
--- ARGV: stamp, epoch, owner, frontier before (ms), frontier after (ms), chunk bytes, bars in the window,
---       number of refusals r, r × (field, count),
---       then from position `own_arg` on: first slot, number of slots, offset of the first record in a chunk (bytes),
---       bitmap bytes that contain the slots, one symbol after another, with no other bit set,
---       records, one symbol after another
--- Answer: {verdict, frontier, control}, see shared/window.lua
--- From shared/window.lua: chunk_bytes, own_arg, finish_window

--- include shared/window.lua
local first_slot, slots, offset_in_chunk = tonumber(ARGV[own_arg]), tonumber(ARGV[own_arg + 1]), ARGV[own_arg + 2]
local bitmaps, records = ARGV[own_arg + 3], ARGV[own_arg + 4]
local FIRST_CHUNK = 4
local symbols = #KEYS - 3
-- Per symbol: the bytes of its bitmap that contain the slots, and the bytes of its records.
local bitmap_at = math.floor(first_slot / 8)
local bitmap_bytes, record_bytes = math.floor((first_slot + slots + 7) / 8) - bitmap_at, RECORD_BYTES * slots
if #bitmaps ~= symbols * bitmap_bytes or #records ~= symbols * record_bytes then
  return redis.error_reply('flush: expected ' .. symbols .. ' symbols with ' .. slots .. ' slots each')
end

-- For few slots one command per slot costs less than reading, merging and writing the bitmap.
local SETBIT_SLOTS_MAX = 3
local call, sub, byte, band = redis.call, string.sub, string.byte, bit.band
-- For each slot: its byte among the bitmap bytes of a symbol (from 1), its bit in that byte, and its number as a string. Numbers
-- that the loop below passes to Redis are strings, because formatting one costs as much as the command.
local byte_places, masks, slot_names = {}, {}, {}
for s = 1, slots do
  local slot = first_slot + s - 1
  byte_places[s] = math.floor(slot / 8) - bitmap_at + 1
  masks[s] = bit.rshift(0x80, slot % 8)
  slot_names[s] = tostring(slot)
end
for i = 0, symbols - 1 do
  local key, records_at, bits_at = KEYS[FIRST_CHUNK + i], i * record_bytes, i * bitmap_bytes
  if call('SETRANGE', key, offset_in_chunk, sub(records, records_at + 1, records_at + record_bytes)) < chunk_bytes then
    -- Extends a new or shorter chunk to its full length.
    call('SETRANGE', key, chunk_bytes - 1, '\0')
  end
  if slots <= SETBIT_SLOTS_MAX then
    for s = 1, slots do
      if band(byte(bitmaps, bits_at + byte_places[s]), masks[s]) ~= 0 then call('SETBIT', key, slot_names[s], '1') end
    end
  else
    local stored = call('GETRANGE', key, bitmap_at, bitmap_at + bitmap_bytes - 1)
    local merged = {}
    for b = 1, bitmap_bytes do merged[b] = string.char(bit.bor(stored:byte(b), bitmaps:byte(bits_at + b))) end
    call('SETRANGE', key, bitmap_at, table.concat(merged))
  end
end
return finish_window()
