--- Writes the derived chunks of symbols on one day, and emits the symbols whose bytes changed. On a day that is still being streamed only
--- the closed buckets are written, because another worker may have seen more bars. A symbol is refused, and stays dirty, when its closed
--- base bars are not those that the worker read.
--- KEYS: meta, dirty, changes, pending, then for each symbol: base chunk, d derived chunks
--- ARGV: stamp, open of the day (ms), number of bytes of a base bitmap whose slots are all closed,
---       mask of the closed slots in the next byte, events kept, number of derived intervals d,
---       d × (bitmap bytes, number of closed buckets, end of each bucket in base slots as u32, little-endian),
---       then for each symbol: member (`date symbol`), base bitmap that the worker read, d chunks
--- Answer: {'done', member of each refused symbol …} | {'gone'}, see shared/retained-day.lua

--- include ../../redis/lua/shared/take.lua
--- include ../../events/lua/shared/emit-change.lua
--- include shared/write-derived-chunk.lua
local meta, dirty, changes, pending = unpack(KEYS, 1, 4)
local FIRST_SYMBOL_KEY = 5
local stamp, open, closed_byte_count, mask_text, events_kept = take(5)
--- include shared/retained-day.lua
local closed_bytes, mask, d = tonumber(closed_byte_count), tonumber(mask_text), tonumber(take(1))
local intervals = {}
for k = 1, d do
  local bitmap_bytes, closed_buckets, ends = take(3)
  intervals[k] = closed_part(tonumber(bitmap_bytes), tonumber(closed_buckets))
  intervals[k].ends = ends
end

-- The bits of the closed slots in the byte after the closed bytes of a base bitmap.
local function closed_rest(bits) return bit.band(bits:byte(closed_bytes + 1) or 0, mask) end
-- Whether two base bitmaps are equal in the closed slots.
local function equals_where_closed(a, b)
  return a:sub(1, closed_bytes) == b:sub(1, closed_bytes) and closed_rest(a) == closed_rest(b)
end
-- The end of a bucket in base slots. The parentheses drop the second value of `unpack`, the next position.
local function end_of(interval, bucket)
  local U32_BYTES = 4
  return (struct.unpack('<I4', interval.ends, U32_BYTES * (bucket - 1) + 1))
end

-- Writes the chunks of a symbol; their keys follow the key number `base_key`. Returns whether a stored chunk changed, and the ends of the
-- first and the last changed bucket as JSON, or nil when the chunks have no bar.
local function write_chunks(base_key)
  local is_changed, first_end, last_end = false, math.huge, 0
  for k, interval in ipairs(intervals) do
    local is_chunk_changed, first_bucket, last_bucket = write_derived_chunk(KEYS[base_key + k], take(1), interval)
    is_changed = is_changed or is_chunk_changed
    if first_bucket then
      first_end = math.min(first_end, end_of(interval, first_bucket))
      last_end = math.max(last_end, end_of(interval, last_bucket))
    end
  end
  return is_changed, last_end > 0 and '[' .. first_end .. ',' .. last_end .. ']' or nil
end

local answer, change = {'done'}, new_change('derived')
for i = FIRST_SYMBOL_KEY, #KEYS, d + 1 do
  local member, bits = take(2)
  local stored_bits = redis.call('GETRANGE', KEYS[i], '0', #bits - 1)
  if equals_where_closed(stored_bits, bits) then
    local is_changed, ends = write_chunks(i)
    if is_changed then add_symbol(change, member, nil, ends) end
    -- Otherwise the store has later bars, which the worker did not see. One of these may have made the symbol dirty.
    if stored_bits == bits then redis.call('SREM', dirty, member) end
  else
    take(d) -- skips the chunks
    answer[#answer + 1] = member
  end
end
emit_change(changes, pending, events_kept, open, change)
return answer
