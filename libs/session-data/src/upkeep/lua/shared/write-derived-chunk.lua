--- Defines closed_part and write_derived_chunk. A chunk is the bitmap of its buckets and then one record for each bucket. Buckets are
--- counted from 1. A bucket is closed when all its base slots are closed.

--- include ../../../redis/lua/shared/bitmap.lua
-- The part of a stored chunk that a call writes: the whole bitmap, and the records of the first `buckets` buckets, which are closed.
local function closed_part(bitmap_bytes, buckets)
  local length = bitmap_bytes + buckets * RECORD_BYTES
  -- `last_byte` is passed to a command. It is a string, because formatting a number costs as much as the command.
  return { bitmap_bytes = bitmap_bytes, buckets = buckets, length = length, last_byte = tostring(length - 1) }
end

-- The first `length` bytes of two bitmaps, merged: a bucket has a bar when it has one in either.
local function merged(a, b, length)
  local bytes = {}
  for i = 1, length do bytes[i] = string.char(bit.bor(a:byte(i), b:byte(i))) end
  return table.concat(bytes)
end

-- The first of the buckets `from`, `from + step`, … `to` that has a bar; nil when none has.
local function first_filled(chunk, from, to, step)
  for bucket = from, to, step do
    if has_bar(chunk, bucket - 1) then return bucket end
  end
  return nil
end

-- The first and the last bucket whose records differ in two chunks; nil when none does. Both are found by binary search, because Lua
-- compares long strings faster than it takes out each record.
local function changed_buckets(old, new, bitmap_bytes, buckets)
  -- Whether one of the records `from` to `to` differs.
  local function differ(from, to)
    local first_byte, last_byte = bitmap_bytes + (from - 1) * RECORD_BYTES + 1, bitmap_bytes + to * RECORD_BYTES
    return old:sub(first_byte, last_byte) ~= new:sub(first_byte, last_byte)
  end
  if not differ(1, buckets) then return nil end
  -- The first changed bucket is in [first, high].
  local first, high = 1, buckets
  while first < high do
    local middle = math.floor((first + high) / 2)
    if differ(first, middle) then high = middle else first = middle + 1 end
  end
  -- The last changed bucket is in [low, last].
  local low, last = first, buckets
  while low < last do
    local middle = math.ceil((low + last) / 2)
    if differ(middle, last) then low = middle else last = middle - 1 end
  end
  return first, last
end

-- Writes the closed part of a chunk. `chunk`: all bytes of the chunk that the worker derived. `part`: from closed_part.
-- Returns whether the stored chunk changed, then the first and the last bucket whose record changed. Both are nil when only bits of the
-- bitmap changed, and after a first write of a chunk without bars.
local function write_derived_chunk(key, chunk, part)
  local bitmap_bytes, buckets, length = part.bitmap_bytes, part.buckets, part.length
  local old, new = redis.call('GETRANGE', key, '0', part.last_byte), chunk
  if old == '' then
    -- The first write of a chunk allocates its whole length, and every filled bucket is a change. Most days are derived once, and
    -- comparing their records with zeros would cost Redis more than the rest of this script.
    redis.call('SET', key, chunk)
    return true, first_filled(chunk, 1, buckets, 1), first_filled(chunk, buckets, 1, -1)
  end
  -- Another worker may have seen more bars, and have written buckets that are open in this part. Keeps their bits and their records.
  if length < #chunk then new = merged(old, chunk, bitmap_bytes) .. chunk:sub(bitmap_bytes + 1, length) end
  if new == old then return false end
  redis.call('SETRANGE', key, '0', new)
  return true, changed_buckets(old, new, bitmap_bytes, buckets)
end
