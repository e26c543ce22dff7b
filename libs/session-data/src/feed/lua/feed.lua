--- Writes fed bars of one symbol, on one or several days, and stores the progress of the symbol's stream. A filled slot keeps its
--- bar: an equal fed bar is a duplicate, any other is a conflict. A bar before the frontier is late: its slot is no longer counted
--- as no-trade, unfillable or absent. The slot's state becomes "filled late", so that fill.lua refuses a backfill that was
--- computed before. Nothing is written to days that are no longer retained.
--- When the caller has seen more stored bars of the symbol than the store has, Redis lost bars: nothing is stored.
--- Any process may call this: there is no fence. Bars at or after the frontier are staged: stored, but in no count until
--- advance.lua passes them. So each bar is counted once, from any feeder and however often it is sent.
--- KEYS: meta, feed, refused, dirty, retry, changes, pending, refused-ahead, then for each day: chunk, states
--- ARGV: stamp, symbol, name of this batch, time reached (ms) or '', '1' when the stream ends or '', events kept,
---       wake channel, state "filled late", time from which strategies may see these refusals (ms), bars of the
---       symbol that the caller has seen stored or '',
---       number of refusals f, f × (field, count),
---       then for each day: date, open (ms), chunk bytes, bitmap bytes, slots,
---       places (for each bar u32 slot, f64 close time), records
--- Answer: {'fed', 'accepted duplicates late retainedFrom stored position-of-each-conflict …'} |
---         {'behind', stored, time reached (ms) or ''} | {'lost'};
---         `stored` counts the fed bars of the symbol. A position is the place among the bars of this call, from 0. The same
---         batch gets the same answer again

--- include ../../events/lua/shared/defer.lua
--- include ../../events/lua/shared/count-refused.lua
local stamp, symbol, batch, reached, ends, events_kept, wake, late_state, visible_from, seen, refusal_count = unpack(ARGV, 1, 11)
local meta, feed, refused, dirty, retry, changes, pending, refused_ahead = unpack(KEYS, 1, 8)
local incarnation, frontier, retained_from = unpack(redis.call('HMGET', meta, 'incarnation', 'frontier', 'retainedFrom'))
if incarnation ~= stamp then return {'lost'} end
local frontier_ms, kept_from = tonumber(frontier), tonumber(retained_from or 0)
local known_batch, known_answer, known_reached, known_stored = unpack(
  redis.call('HMGET', feed, symbol .. ' batch', symbol .. ' answer', symbol .. ' reached', symbol .. ' stored'))
if known_batch == batch then return {'fed', known_answer} end
local stored_before = tonumber(known_stored or 0)
if seen ~= '' and stored_before < tonumber(seen) then return {'behind', stored_before, known_reached or ''} end

-- Whether a bitmap has the bit of a slot. The first slot of a byte is its highest bit.
local function has_bar(bits, slot)
  return bit.band(bits:byte(math.floor(slot / 8) + 1) or 0, bit.rshift(128, slot % 8)) ~= 0
end

-- Sorts the bars of all days before the first write, because Redis does not roll a script back.
local refusals, FIRST_REFUSAL, FIRST_DAY_KEY, PLACE_BYTES = tonumber(refusal_count), 12, 9, 12
-- Position of the day's first argument in ARGV, and position of its first bar among all bars of this call.
local at, first_position = FIRST_REFUSAL + 2 * refusals, 0
local accepted, duplicates, late = 0, 0, 0
local conflicts, changed_days = {}, {}
for i = FIRST_DAY_KEY, #KEYS, 2 do
  -- `fresh`: new records by slot; `late`: slots of late bars; `low`, `high`: the first and the last new slot.
  local day = { chunk = KEYS[i], states = KEYS[i + 1], date = ARGV[at], open = ARGV[at + 1], chunk_bytes = tonumber(ARGV[at + 2]),
    bitmap_bytes = tonumber(ARGV[at + 3]), slots = tonumber(ARGV[at + 4]), fresh = {}, late = {},
    low = math.huge, high = -1 }
  local places, records = ARGV[at + 5], ARGV[at + 6]
  local count = #places / PLACE_BYTES
  if count % 1 ~= 0 or #records ~= count * RECORD_BYTES then
    return redis.error_reply('feed: records and places of different lengths')
  end
  if tonumber(day.open) >= kept_from then
    day.bits = redis.call('GETRANGE', day.chunk, 0, day.bitmap_bytes - 1)
    -- The stored chunk; read once a slot turns out to be filled.
    local chunk
    for n = 0, count - 1 do
      local slot, close = struct.unpack('<I4d', places, PLACE_BYTES * n + 1)
      if slot >= day.slots then return redis.error_reply('feed: a slot beyond the day') end
      local record = records:sub(RECORD_BYTES * n + 1, RECORD_BYTES * n + RECORD_BYTES)
      local existing = day.fresh[slot]
      if not existing and has_bar(day.bits, slot) then
        chunk = chunk or redis.call('GET', day.chunk)
        existing = chunk:sub(day.bitmap_bytes + RECORD_BYTES * slot + 1, day.bitmap_bytes + RECORD_BYTES * slot + RECORD_BYTES)
      end
      if not existing then
        day.fresh[slot] = record
        day.low, day.high = math.min(day.low, slot), math.max(day.high, slot)
        accepted = accepted + 1
        if close <= frontier_ms then day.late[#day.late + 1] = slot end
      -- The prices and the volume are before the origin.
      elseif existing:sub(1, ORIGIN_OFFSET) == record:sub(1, ORIGIN_OFFSET) then
        duplicates = duplicates + 1
      else
        conflicts[#conflicts + 1] = first_position + n
      end
    end
    late = late + #day.late
    if day.high >= 0 then changed_days[#changed_days + 1] = day end
  end
  first_position = first_position + count
  at = at + 7
end

-- Writes a day's new bars and their bits. Writes the records from the first to the last new slot with one command; slots between
-- new ones keep their records.
local function write(day)
  if day.bits == '' then redis.call('SETRANGE', day.chunk, day.chunk_bytes - 1, string.char(0)) end
  local records_at = day.bitmap_bytes + day.low * RECORD_BYTES
  local old_records = redis.call('GETRANGE', day.chunk, records_at, day.bitmap_bytes + (day.high + 1) * RECORD_BYTES - 1)
  local records, bits = {}, {}
  for slot = day.low, day.high do
    local start = (slot - day.low) * RECORD_BYTES
    records[#records + 1] = day.fresh[slot] or old_records:sub(start + 1, start + RECORD_BYTES)
  end
  redis.call('SETRANGE', day.chunk, records_at, table.concat(records))
  for b = 1, day.bitmap_bytes do bits[b] = day.bits:byte(b) or 0 end
  for slot in pairs(day.fresh) do
    local b = math.floor(slot / 8) + 1
    bits[b] = bit.bor(bits[b], bit.rshift(128, slot % 8))
  end
  for b = 1, day.bitmap_bytes do bits[b] = string.char(bits[b]) end
  redis.call('SETRANGE', day.chunk, 0, table.concat(bits))
end

-- The counter in meta that includes slots of this state; nil when none does.
local function counter_of(state)
  if state == UNFILLABLE then return 'unfillable' end
  if state == NO_TRADE then return 'noTrade' end
  if state > 0 and (state <= ASKS_MAX or state == ABSENT_UNASKED) then return 'absent' end
end

-- Moves a day's late bars from the counters of their states to `streamed`, stores their new state, and emits them. When no slot
-- of the day is to be asked again, also removes the day's retry.
local function note_late(day)
  local states = redis.call('GET', day.states) or string.rep(string.char(0), day.slots)
  local is_late, new_states, has_absent = {}, {}, false
  for _, slot in ipairs(day.late) do
    is_late[slot] = true
    local name = counter_of(states:byte(slot + 1))
    if name then redis.call('HINCRBY', meta, name, -1) end
  end
  for slot = 0, day.slots - 1 do
    local state = states:byte(slot + 1)
    if is_late[slot] then state = tonumber(late_state)
    elseif state > 0 and state <= ASKS_MAX then has_absent = true end
    new_states[slot + 1] = string.char(state)
  end
  local member = day.date .. ' ' .. symbol
  redis.call('SET', day.states, table.concat(new_states))
  if not has_absent then redis.call('ZREM', retry, member) end
  redis.call('SADD', dirty, member)
  redis.call('HINCRBY', meta, 'streamed', #day.late)
  local id = redis.call('XADD', changes, 'MAXLEN', '~', events_kept, '*', 'type', 'late-bars', 'date', day.date,
    'symbols', cjson.encode({ [symbol] = #day.late }))
  -- One run [slot, slot + 1) for each bar.
  local runs = {}
  for _, slot in ipairs(day.late) do runs[#runs + 1] = slot .. ',' .. slot + 1 end
  defer(pending, day.open, id, 'late-bars', day.date, '{"' .. symbol .. '":[' .. table.concat(runs, ',') .. ']}')
end

for _, day in ipairs(changed_days) do
  write(day)
  if #day.late > 0 then note_late(day) end
end
for r = FIRST_REFUSAL, FIRST_REFUSAL + 2 * refusals - 1, 2 do
  count_refused(refused, refused_ahead, visible_from, ARGV[r], ARGV[r + 1])
end
if #conflicts > 0 then count_refused(refused, refused_ahead, visible_from, symbol .. ' conflict', #conflicts) end
local answer = table.concat({ accepted, duplicates, late, retained_from or '0', stored_before + accepted, unpack(conflicts) }, ' ')
--- include ../../redis/lua/shared/now.lua
redis.call('HSET', feed, symbol .. ' heard', string.format('%.0f', now), symbol .. ' batch', batch, symbol .. ' answer', answer)
if accepted > 0 then redis.call('HINCRBY', feed, symbol .. ' stored', accepted) end
local is_moved = reached ~= '' and tonumber(reached) > tonumber(known_reached or '-inf')
if is_moved then redis.call('HSET', feed, symbol .. ' reached', reached) end
if ends == '1' then redis.call('HSET', feed, symbol .. ' ended', '1') end
if is_moved or ends == '1' then redis.call('PUBLISH', wake, 'feed') end
return {'fed', answer}
