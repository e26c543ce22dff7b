--- Defines write_bars(day): writes a day's new bars and their bits. From feed.lua: with_bars.

-- Writes the records from the first to the last new slot with one command; slots between new ones keep their records.
local function write_bars(day)
  if day.bits == '' then redis.call('SETRANGE', day.chunk, day.chunk_bytes - 1, '\0') end
  local first, last = math.min(unpack(day.new_slots)), math.max(unpack(day.new_slots))
  local records_at = day.bitmap_bytes + first * RECORD_BYTES
  local old = redis.call('GETRANGE', day.chunk, records_at, day.bitmap_bytes + (last + 1) * RECORD_BYTES - 1)
  local records = {}
  for slot = first, last do
    local at = (slot - first) * RECORD_BYTES
    records[#records + 1] = day.new_records[slot] or old:sub(at + 1, at + RECORD_BYTES)
  end
  redis.call('SETRANGE', day.chunk, records_at, table.concat(records))
  redis.call('SETRANGE', day.chunk, 0, with_bars(day.bits, day.bitmap_bytes, day.new_slots))
end
