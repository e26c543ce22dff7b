--- Defines read_day and sort_bars, which decide what happens to each fed bar. From feed.lua: take, has_bar, frontier_ms.

-- A place is the slot and the close time of a bar, both f64.
local PLACE_BYTES = 16

-- Reads the arguments of the next day. Its `new_records` (by slot), `new_slots` and `late_slots` are empty until its bars are sorted.
local function read_day(chunk, states_key)
  local day = { chunk = chunk, states_key = states_key, new_records = {}, new_slots = {}, late_slots = {} }
  local chunk_bytes, bitmap_bytes, slots
  day.date, day.open, chunk_bytes, bitmap_bytes, slots, day.places, day.records = take(7)
  day.chunk_bytes, day.bitmap_bytes, day.slots = tonumber(chunk_bytes), tonumber(bitmap_bytes), tonumber(slots)
  day.bars = #day.records / RECORD_BYTES
  if #day.places / PLACE_BYTES ~= day.bars then error('feed: records and places of different lengths') end
  return day
end

-- The record of a slot; '' when the slot is empty. Reads the chunk once, when the first slot turns out to be filled.
local function stored_record(day, slot)
  if not has_bar(day.bits, slot) then return '' end
  day.stored = day.stored or redis.call('GET', day.chunk)
  local at = day.bitmap_bytes + RECORD_BYTES * slot
  return day.stored:sub(at + 1, at + RECORD_BYTES)
end

-- Counts the bars of a day in `sorted` as accepted, late, duplicates and conflicts, and adds the accepted ones to the day.
local function sort_bars(day, sorted)
  day.bits = redis.call('GETRANGE', day.chunk, 0, day.bitmap_bytes - 1)
  for n = 0, day.bars - 1 do
    local slot, close = struct.unpack('<dd', day.places, PLACE_BYTES * n + 1)
    if slot >= day.slots then error('feed: a slot beyond the day') end
    local record = day.records:sub(RECORD_BYTES * n + 1, RECORD_BYTES * (n + 1))
    local existing = day.new_records[slot] or stored_record(day, slot)
    if existing == '' then
      sorted.accepted = sorted.accepted + 1
      day.new_records[slot] = record
      day.new_slots[#day.new_slots + 1] = slot
      if close <= frontier_ms then day.late_slots[#day.late_slots + 1] = slot end
    -- Compares what a record has before its origin: the prices and the volume.
    elseif existing:sub(1, ORIGIN_OFFSET) == record:sub(1, ORIGIN_OFFSET) then
      sorted.duplicates = sorted.duplicates + 1
    else
      sorted.conflicts[#sorted.conflicts + 1] = sorted.bars + n
    end
  end
  sorted.late = sorted.late + #day.late_slots
end
