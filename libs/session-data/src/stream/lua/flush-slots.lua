--- Writes some slots of one day for all symbols of a partition, and moves the frontier. Writes all or nothing: checks everything
--- before the first write, because Redis does not roll a script back. A window that was written before stays as it is.
--- KEYS: meta, refused, refused-ahead, then a chunk for each symbol
--- ARGV: those of shared/check-window.lua, then first slot, number of slots, offset of the first record in bytes,
---       bitmap bytes that contain the slots (one symbol after another, no other bit set), records (one symbol after another)
--- Answer: {verdict, frontier, control}, see shared/check-window.lua

local function refuse(reply) return reply end
--- include shared/check-window.lua
local first_slot, slots = tonumber(ARGV[own]), tonumber(ARGV[own + 1])
local bits, records = ARGV[own + 3], ARGV[own + 4]
local bitmap_at = math.floor(first_slot / 8)
local bits_each, records_each = math.floor((first_slot + slots + 7) / 8) - bitmap_at, RECORD_BYTES * slots
local symbols = #KEYS - 3
if #bits ~= symbols * bits_each or #records ~= symbols * records_each then
  return redis.error_reply('flush: expected ' .. symbols .. ' symbols with ' .. slots .. ' slots each')
end

local call, sub, byte, band = redis.call, string.sub, string.byte, bit.band
-- Numbers that the loop below passes to Redis are strings here: formatting one costs as much as the command.
local record_at, masks, places, slot_names = ARGV[own + 2], {}, {}, {}
for s = 1, slots do
  slot_names[s] = tostring(first_slot + s - 1)
  masks[s] = bit.rshift(0x80, (first_slot + s - 1) % 8)
  places[s] = math.floor((first_slot + s - 1) / 8) - bitmap_at + 1
end
for i = 0, symbols - 1 do
  local key, at, bits_at = KEYS[i + 4], i * records_each, i * bits_each
  if call('SETRANGE', key, record_at, sub(records, at + 1, at + records_each)) < total then
    -- Extends a new or shorter chunk to its full length.
    call('SETRANGE', key, total - 1, '\0')
  end
  -- For up to 3 slots one command per slot costs less than reading, merging and writing the bitmap.
  if slots <= 3 then
    for s = 1, slots do
      if band(byte(bits, bits_at + places[s]), masks[s]) ~= 0 then call('SETBIT', key, slot_names[s], '1') end
    end
  else
    local there = call('GETRANGE', key, bitmap_at, bitmap_at + bits_each - 1)
    local merged = {}
    for b = 1, bits_each do merged[b] = string.char(bit.bor(there:byte(b), bits:byte(bits_at + b))) end
    call('SETRANGE', key, bitmap_at, table.concat(merged))
  end
end
--- include shared/finish-window.lua
