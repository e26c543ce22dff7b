--- Defines changed_buckets(old, new, records_at, buckets): the first and the last bucket whose records differ in two chunks, counted
--- from 1; nil when none does. `records_at`: bytes before the first record. Both are found by binary search, because Lua compares
--- long strings faster than it takes out each record.

local function changed_buckets(old, new, records_at, buckets)
  -- Whether one of the records `from` to `to` differs.
  local function differ(from, to)
    local first_byte, last_byte = records_at + (from - 1) * RECORD_BYTES + 1, records_at + to * RECORD_BYTES
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
