--- Writes the derived chunks of each item (a symbol's day) if its closed base bars are still those that the worker read. Refuses
--- the other items, which stay dirty. On a day that is still being streamed only the closed buckets are written, because another
--- worker may have seen more bars. An item that is written also stays dirty when the store has bars that the worker did not see:
--- one of these may have made the item dirty. Writes nothing to a day that is no longer retained. Emits the symbols whose bytes
--- changed.
--- KEYS: meta, dirty, changes, pending, then for each item: base chunk, d derived chunks
--- ARGV: stamp, number of derived intervals d, open of the day (ms), number of whole bitmap bytes to compare, mask of the closed
---       slots in the byte after them, events kept,
---       d × (bitmap bytes, number of closed buckets, end of each bucket in base slots as u32, little-endian),
---       then for each item: member (`date symbol`), base bitmap that the worker read, d chunks
--- Answer: {'done', member of each refused item …} | {'gone'}: the session was deleted or its symbols changed

--- include ../../events/lua/shared/defer.lua
local incarnation, retained_from = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'retainedFrom'))
if incarnation ~= ARGV[1] then return {'gone'} end
local open, events_kept, FIRST_INTERVAL, FIRST_ITEM_KEY, DATE_CHARS = ARGV[3], ARGV[6], 7, 5, 10
if tonumber(open) < tonumber(retained_from or 0) then return {'done'} end
local d, whole_bytes, mask = tonumber(ARGV[2]), tonumber(ARGV[4]), tonumber(ARGV[5])
-- `at`: position of the item's first argument. `changed_symbols`, `changed_ends`: JSON of the event and of its detail.
local at, date, changed_symbols, changed_ends, answer = FIRST_INTERVAL + 3 * d, '', {}, {}, {'done'}

-- The first and the last bucket in which two chunks of one length differ, counted from 1; nil when none does. Both are found by
-- binary search, because comparing long strings is cheap and comparing each record is not.
local function changed_range(old, new, bitmap_bytes, buckets)
  -- Whether the records of buckets `from` to `to` differ.
  local function differs(from, to)
    local a, b = bitmap_bytes + (from - 1) * RECORD_BYTES + 1, bitmap_bytes + to * RECORD_BYTES
    return old:sub(a, b) ~= new:sub(a, b)
  end
  if buckets == 0 or not differs(1, buckets) then return nil end
  local low, high = 1, buckets
  while low < high do
    local middle = math.floor((low + high) / 2)
    if differs(1, middle) then high = middle else low = middle + 1 end
  end
  -- The last one is at the first one or after it.
  local first = low
  high = buckets
  while low < high do
    local middle = math.ceil((low + high) / 2)
    if differs(middle, buckets) then low = middle else high = middle - 1 end
  end
  return first, low
end

-- The first of the buckets `from`, `from + step`, … `to` that has a bar, counted from 1; nil when none has.
local function first_filled(chunk, from, to, step)
  for bucket = from, to, step do
    local byte = chunk:byte(math.floor((bucket - 1) / 8) + 1)
    if bit.band(byte, bit.rshift(0x80, (bucket - 1) % 8)) ~= 0 then return bucket end
  end
  return nil
end

-- Writes the first `buckets` buckets of a chunk, which are closed. Answers whether the stored chunk changed, and the first and the
-- last of these buckets that changed, or nil.
local function write(key, chunk, bitmap_bytes, buckets)
  local length = bitmap_bytes + buckets * RECORD_BYTES
  local stored = redis.call('GETRANGE', key, 0, length - 1)
  -- When all buckets are closed or no chunk is stored, the new chunk replaces the stored one as a whole.
  if length == #chunk or stored == '' then
    if stored == chunk then return false end
    redis.call('SET', key, chunk)
    if stored == '' then return true, first_filled(chunk, 1, buckets, 1), first_filled(chunk, buckets, 1, -1) end
    return true, changed_range(stored, chunk, bitmap_bytes, buckets)
  end
  -- Otherwise the bits of later buckets stay set, because another worker may have written these.
  local merged = {}
  for b = 1, bitmap_bytes do merged[b] = string.char(bit.bor(stored:byte(b), chunk:byte(b))) end
  local bytes_now = table.concat(merged) .. chunk:sub(bitmap_bytes + 1, length)
  if bytes_now == stored then return false end
  redis.call('SETRANGE', key, 0, bytes_now)
  return true, changed_range(stored, bytes_now, bitmap_bytes, buckets)
end

for i = FIRST_ITEM_KEY, #KEYS, d + 1 do
  local member, bits = ARGV[at], ARGV[at + 1]
  local stored = redis.call('GETRANGE', KEYS[i], 0, #bits - 1)
  -- Compares the bits of the closed slots only.
  local is_same = stored:sub(1, whole_bytes) == bits:sub(1, whole_bytes)
    and bit.band(stored:byte(whole_bytes + 1) or 0, mask) == bit.band(bits:byte(whole_bytes + 1) or 0, mask)
  if is_same then
    local is_changed, first_end, last_end = false, nil, nil
    for k = 1, d do
      local interval_at = FIRST_INTERVAL + 3 * (k - 1)
      local bitmap_bytes, buckets, ends = tonumber(ARGV[interval_at]), tonumber(ARGV[interval_at + 1]), ARGV[interval_at + 2]
      local is_written, first, last = write(KEYS[i + k], ARGV[at + 1 + k], bitmap_bytes, buckets)
      is_changed = is_changed or is_written
      -- `ends` has 4 bytes for each bucket; a position in a string counts from 1.
      if first then
        first_end = math.min(first_end or math.huge, (struct.unpack('<I4', ends, 4 * first - 3)))
        last_end = math.max(last_end or 0, (struct.unpack('<I4', ends, 4 * last - 3)))
      end
    end
    if is_changed then
      date = member:sub(1, DATE_CHARS)
      local symbol = member:sub(DATE_CHARS + 2)
      changed_symbols[#changed_symbols + 1] = '"' .. symbol .. '"'
      if first_end then
        changed_ends[#changed_ends + 1] = '"' .. symbol .. '":[' .. first_end .. ',' .. last_end .. ']'
      end
    end
    -- The worker saw all stored bars.
    if stored == bits then redis.call('SREM', KEYS[2], member) end
  else
    answer[#answer + 1] = member
  end
  at = at + 2 + d
end
if #changed_symbols > 0 then
  local list = '[' .. table.concat(changed_symbols, ',') .. ']'
  local id = redis.call('XADD', KEYS[3], 'MAXLEN', '~', events_kept, '*', 'type', 'derived', 'date', date, 'symbols', list)
  if #changed_ends > 0 then defer(KEYS[4], open, id, 'derived', date, '{' .. table.concat(changed_ends, ',') .. '}') end
end
return answer
