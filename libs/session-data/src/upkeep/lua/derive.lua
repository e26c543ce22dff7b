--- Writes derived chunks whose base bars are still exactly those stored. Refuses the others, which stay dirty. Of a day
--- that is still being streamed only the closed buckets are written, because another worker may have seen more. Writes
--- nothing to a day that is no longer retained. A day stays dirty when it has bars that this worker did not see: one of
--- them may be the repaired one. Emits the symbols whose bytes changed; an equal chunk is not written again.
--- KEYS: meta, dirty, events, then for each item: base chunk, d derived chunks
--- ARGV: stamp, d, open of the day (ms), whole bitmap bytes to compare, mask of the byte after them, events kept,
---       d × (bitmap bytes, closed buckets), then for each item: member, bitmap, d chunks
--- Answer: {'done', member of each refused item …} | {'gone'}

local m = redis.call('HMGET', KEYS[1], 'incarnation', 'retainedFrom')
if m[1] ~= ARGV[1] then return {'gone'} end
if tonumber(ARGV[3]) < tonumber(m[2] or 0) then return {'done'} end
local d, bytes, mask = tonumber(ARGV[2]), tonumber(ARGV[4]), tonumber(ARGV[5])
local at, date, changed_symbols, answer = 7 + 2 * d, '', {}, {'done'}

local function write(key, chunk, bitmap_bytes, buckets)
  local length = bitmap_bytes + buckets * RECORD_BYTES
  local there = redis.call('GETRANGE', key, 0, length - 1)
  if length == #chunk or there == '' then
    if there == chunk then return false end
    redis.call('SET', key, chunk)
    return true
  end
  local merged = {}
  for b = 1, bitmap_bytes do merged[b] = string.char(bit.bor(there:byte(b), chunk:byte(b))) end
  local bytes_now = table.concat(merged) .. chunk:sub(bitmap_bytes + 1, length)
  if bytes_now == there then return false end
  redis.call('SETRANGE', key, 0, bytes_now)
  return true
end

for i = 4, #KEYS, d + 1 do
  local member, bits = ARGV[at], ARGV[at + 1]
  local there = redis.call('GETRANGE', KEYS[i], 0, #bits - 1)
  local same = there:sub(1, bytes) == bits:sub(1, bytes)
    and bit.band(there:byte(bytes + 1) or 0, mask) == bit.band(bits:byte(bytes + 1) or 0, mask)
  if same then
    local changed = false
    for k = 1, d do
      changed = write(KEYS[i + k], ARGV[at + 1 + k], tonumber(ARGV[5 + 2 * k]), tonumber(ARGV[6 + 2 * k])) or changed
    end
    if changed then
      date = member:sub(1, 10)
      changed_symbols[#changed_symbols + 1] = '"' .. member:sub(12) .. '"'
    end
    if there == bits then redis.call('SREM', KEYS[2], member) end
  else
    answer[#answer + 1] = member
  end
  at = at + 2 + d
end
if #changed_symbols > 0 then
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[6], '*', 'type', 'derived', 'date', date, 'symbols', '[' .. table.concat(changed_symbols, ',') .. ']')
end
return answer
