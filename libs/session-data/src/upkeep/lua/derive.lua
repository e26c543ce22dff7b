--- Writes the derived chunks of symbols on one day, and emits the symbols whose bytes changed. Writes nothing to a day that is no longer
--- retained. On a day that is still being streamed only the closed buckets are written, because another worker may have seen more bars.
--- A symbol is refused, and stays dirty, when its closed base bars are not those that the worker read. A symbol that was written
--- also stays dirty when the store has later bars that the worker did not see, because one of these may have made it dirty.
--- KEYS: meta, dirty, changes, pending, then for each symbol: base chunk, d derived chunks
--- ARGV: stamp, number of derived intervals d, open of the day (ms), number of bytes of a base bitmap whose slots are all closed,
---       mask of the closed slots in the next byte, events kept,
---       d × (bitmap bytes, number of closed buckets, end of each bucket in base slots as u32, little-endian),
---       then for each symbol: member (`date symbol`), base bitmap that the worker read, d chunks
--- Answer: {'done', member of each refused symbol …} | {'gone'}: the session was deleted or its symbols changed

--- include ../../redis/lua/shared/bitmap.lua
--- include ../../events/lua/shared/emit-change.lua
--- include shared/changed-buckets.lua
-- The field `incarnation` has the stamp: the incarnation, then + and a version.
local stored_stamp, retained_from = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'retainedFrom'))
if stored_stamp ~= ARGV[1] then return {'gone'} end
local open, events_kept = ARGV[3], ARGV[6]
-- Where the first interval begins in ARGV, and the first symbol in KEYS.
local FIRST_INTERVAL, FIRST_SYMBOL_KEY = 7, 5
local DATE_CHARS = 10 -- as in 2024-03-04
if tonumber(open) < tonumber(retained_from or 0) then return {'done'} end
local d, closed_bytes, mask = tonumber(ARGV[2]), tonumber(ARGV[4]), tonumber(ARGV[5])
local intervals = {}
for k = 1, d do
  local at = FIRST_INTERVAL + 3 * (k - 1)
  intervals[k] = { bitmap_bytes = tonumber(ARGV[at]), closed_buckets = tonumber(ARGV[at + 1]), ends = ARGV[at + 2] }
end

-- The bits of the closed slots in the byte after the closed bytes of a base bitmap.
local function closed_rest(bits) return bit.band(bits:byte(closed_bytes + 1) or 0, mask) end
-- Whether two base bitmaps are equal in the closed slots.
local function equals_where_closed(a, b)
  return a:sub(1, closed_bytes) == b:sub(1, closed_bytes) and closed_rest(a) == closed_rest(b)
end

-- The first `length` bytes of two bitmaps, merged: a bucket has a bar when it has one in either.
local function merged(a, b, length)
  local bytes = {}
  for i = 1, length do bytes[i] = string.char(bit.bor(a:byte(i), b:byte(i))) end
  return table.concat(bytes)
end

-- The end of a bucket in base slots. The parentheses drop the second value of `unpack`, the next position.
local function end_of(interval, bucket)
  local U32_BYTES = 4
  return (struct.unpack('<I4', interval.ends, U32_BYTES * (bucket - 1) + 1))
end

-- The first of the buckets `from`, `from + step`, … `to` that has a bar, counted from 1; nil when none has.
local function first_filled(chunk, from, to, step)
  for bucket = from, to, step do
    if has_bar(chunk, bucket - 1) then return bucket end
  end
  return nil
end

-- Writes the closed buckets of a chunk. Returns whether the stored chunk changed, and the first and the last changed bucket, or nil.
local function write_chunk(key, chunk, interval)
  local bitmap_bytes, buckets = interval.bitmap_bytes, interval.closed_buckets
  local length = bitmap_bytes + buckets * RECORD_BYTES
  local old, new = redis.call('GETRANGE', key, 0, length - 1), chunk
  if old == '' then
    -- The first write of a chunk allocates its whole length, and every filled bucket is a change. Most days are derived once, and
    -- comparing their records with zeros would cost Redis more than the rest of this script.
    redis.call('SET', key, chunk)
    return true, first_filled(chunk, 1, buckets, 1), first_filled(chunk, buckets, 1, -1)
  end
  -- Another worker may have written later buckets, which are not closed here: keeps their bits, and writes only the records of closed ones.
  if length < #chunk then new = merged(old, chunk, bitmap_bytes) .. chunk:sub(bitmap_bytes + 1, length) end
  if new == old then return false end
  redis.call('SETRANGE', key, 0, new)
  return true, changed_buckets(old, new, bitmap_bytes, buckets)
end

local at = FIRST_INTERVAL + 3 * d -- position of the symbol's first argument
-- For the event: the changed symbols and, as its detail, the ends of their first and last changed buckets. A symbol whose new chunks have
-- no bar has no such ends.
local date, symbols, end_details, answer = '', {}, {}, {'done'}
for i = FIRST_SYMBOL_KEY, #KEYS, d + 1 do
  local member, bits = ARGV[at], ARGV[at + 1]
  local stored_bits = redis.call('GETRANGE', KEYS[i], 0, #bits - 1)
  if equals_where_closed(stored_bits, bits) then
    local is_changed, first_end, last_end = false, math.huge, 0
    for k = 1, d do
      local is_chunk_changed, first_bucket, last_bucket = write_chunk(KEYS[i + k], ARGV[at + 1 + k], intervals[k])
      is_changed = is_changed or is_chunk_changed
      if first_bucket then
        first_end = math.min(first_end, end_of(intervals[k], first_bucket))
        last_end = math.max(last_end, end_of(intervals[k], last_bucket))
      end
    end
    if is_changed then
      date = member:sub(1, DATE_CHARS)
      local name = '"' .. member:sub(DATE_CHARS + 2) .. '"'
      symbols[#symbols + 1] = name
      if last_end > 0 then end_details[#end_details + 1] = name .. ':[' .. first_end .. ',' .. last_end .. ']' end
    end
    -- Equal also after the closed slots: the worker saw all stored bars.
    if stored_bits == bits then redis.call('SREM', KEYS[2], member) end
  else
    answer[#answer + 1] = member
  end
  at = at + 2 + d
end
if #symbols > 0 then
  local list, detail = '[' .. table.concat(symbols, ',') .. ']', '{' .. table.concat(end_details, ',') .. '}'
  emit_change(KEYS[3], KEYS[4], events_kept, open, 'derived', date, list, detail)
end
return answer
