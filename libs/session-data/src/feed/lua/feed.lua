--- Writes fed bars of one symbol, on one or several days, and stores the progress of the symbol's stream. Any process may call this:
--- there is no fence.
--- A filled slot keeps its bar: an equal fed bar is a duplicate, any other is a conflict. Bars that close after the frontier are staged:
--- stored, but in no count until advance.lua passes them. So each bar is counted once, from any feeder and however often it is sent.
--- Any other bar is late: its slot is no longer counted as no-trade, unfillable or absent. The slot's state becomes "filled late", so
--- that fill.lua refuses a backfill that was computed before this bar came.
--- Nothing is written to days that are no longer retained. When the caller has seen more stored bars of the symbol than the store
--- has, Redis lost bars: nothing is stored.
--- KEYS: meta, feed, refused, dirty, retry, changes, pending, refused-ahead, then for each day: chunk, states
--- ARGV: stamp, symbol, name of this batch, time reached (ms) or '', '1' when the stream ends or '', events kept,
---       wake channel, state "filled late", time from which strategies may see these refusals (ms), bars of the
---       symbol that the caller has seen stored or '',
---       number of refusals f, f × (field, count),
---       then for each day: date, open (ms), chunk bytes, bitmap bytes, slots,
---       places (for each bar slot and close time, both f64), records
--- Answer: {'fed', 'accepted duplicates late retainedFrom stored position-of-each-conflict …'} |
---         {'behind', stored, time reached (ms) or ''} | {'lost'};
---         `stored` counts the fed bars of the symbol. A position is the place among the bars of this call, from 0. The same
---         batch gets the same answer again

--- include ../../redis/lua/shared/bitmap.lua
--- include ../../redis/lua/shared/now.lua
--- include ../../events/lua/shared/emit-change.lua
--- include ../../events/lua/shared/count-refused.lua
local stamp, symbol, batch, reached, ends, events_kept, wake, late_state, visible_from, seen_bars, refusal_count = unpack(ARGV, 1, 11)
local meta, feed, refused, dirty, retry, changes, pending, refused_ahead = unpack(KEYS, 1, 8)
local incarnation, frontier, retained_from = unpack(redis.call('HMGET', meta, 'incarnation', 'frontier', 'retainedFrom'))
if incarnation ~= stamp then return {'lost'} end
local frontier_ms, kept_from = tonumber(frontier), tonumber(retained_from or 0)
-- What the store knows of the symbol's stream: its last batch with the answer, the time that it has reached, and its number of bars.
local known_batch, known_answer, known_reached, known_stored = unpack(
  redis.call('HMGET', feed, symbol .. ' batch', symbol .. ' answer', symbol .. ' reached', symbol .. ' stored'))
if known_batch == batch then return {'fed', known_answer} end
local stored_before = tonumber(known_stored or 0)
if seen_bars ~= '' and stored_before < tonumber(seen_bars) then return {'behind', stored_before, known_reached or ''} end

-- A place is the slot and the close time of a bar, both f64.
local PLACE_BYTES = 16
local accepted, duplicates, late, conflicts = 0, 0, 0, {}

-- The record of a slot; '' when the slot is empty. Reads the chunk once, when the first slot turns out to be filled.
local function stored_record(day, slot)
  if not has_bar(day.bits, slot) then return '' end
  day.stored = day.stored or redis.call('GET', day.chunk)
  local at = day.bitmap_bytes + RECORD_BYTES * slot
  return day.stored:sub(at + 1, at + RECORD_BYTES)
end

-- Sorts the bars of a day into new ones, duplicates and conflicts. `first_position`: position of the day's first bar in this call.
-- Adds the new bars to the day: to `records` by slot, to `new_slots`, and those before the frontier to `late_slots`.
local function sort_bars(day, places, records, first_position)
  for n = 0, #places / PLACE_BYTES - 1 do
    local slot, close = struct.unpack('<dd', places, PLACE_BYTES * n + 1)
    if slot >= day.slots then error('feed: a slot beyond the day') end
    local record = records:sub(RECORD_BYTES * n + 1, RECORD_BYTES * (n + 1))
    local existing = day.records[slot] or stored_record(day, slot)
    if existing == '' then
      accepted = accepted + 1
      day.records[slot] = record
      day.new_slots[#day.new_slots + 1] = slot
      if close <= frontier_ms then day.late_slots[#day.late_slots + 1] = slot end
    -- Compares what a record has before its origin: the prices and the volume.
    elseif existing:sub(1, ORIGIN_OFFSET) == record:sub(1, ORIGIN_OFFSET) then
      duplicates = duplicates + 1
    else
      conflicts[#conflicts + 1] = first_position + n
    end
  end
  late = late + #day.late_slots
end

-- Writes a day's new bars and their bits. Writes the records from the first to the last new slot with one command; slots between
-- new ones keep their records.
local function write_bars(day)
  if day.bits == '' then redis.call('SETRANGE', day.chunk, day.chunk_bytes - 1, '\0') end
  local first, last = math.min(unpack(day.new_slots)), math.max(unpack(day.new_slots))
  local records_at = day.bitmap_bytes + first * RECORD_BYTES
  local old = redis.call('GETRANGE', day.chunk, records_at, day.bitmap_bytes + (last + 1) * RECORD_BYTES - 1)
  local records = {}
  for slot = first, last do
    local at = (slot - first) * RECORD_BYTES
    records[#records + 1] = day.records[slot] or old:sub(at + 1, at + RECORD_BYTES)
  end
  redis.call('SETRANGE', day.chunk, records_at, table.concat(records))
  redis.call('SETRANGE', day.chunk, 0, with_bars(day.bits, day.bitmap_bytes, day.new_slots))
end

-- Whether a slot of this state is absent after requests to a repository, so that it is to be requested again.
local function is_retried(state) return state > 0 and state <= ASKS_MAX end
-- The counter in meta that includes slots of this state; nil when none does.
local function counter_of(state)
  if state == UNFILLABLE then return 'unfillable' end
  if state == NO_TRADE then return 'noTrade' end
  if is_retried(state) or state == ABSENT_UNASKED then return 'absent' end
end

-- Moves a day's late bars from the counters of their states to `streamed`, stores their new state, and emits them. When no slot
-- of the day is to be requested again, also removes the day's retry.
local function note_late(day)
  local stored, states = redis.call('GET', day.states) or string.rep('\0', day.slots), {}
  for i = 1, day.slots do states[i] = stored:byte(i) end
  -- One run [slot, slot + 1) for each bar.
  local runs = {}
  for i, slot in ipairs(day.late_slots) do
    local counter = counter_of(states[slot + 1])
    if counter then redis.call('HINCRBY', meta, counter, -1) end
    states[slot + 1] = tonumber(late_state)
    runs[i] = slot .. ',' .. slot + 1
  end
  local has_retry = false
  for i, state in ipairs(states) do
    has_retry = has_retry or is_retried(state)
    states[i] = string.char(state)
  end
  local member = day.date .. ' ' .. symbol
  redis.call('SET', day.states, table.concat(states))
  if not has_retry then redis.call('ZREM', retry, member) end
  redis.call('SADD', dirty, member)
  redis.call('HINCRBY', meta, 'streamed', #day.late_slots)
  local detail = '{"' .. symbol .. '":[' .. table.concat(runs, ',') .. ']}'
  local bars = cjson.encode({ [symbol] = #day.late_slots })
  emit_change(changes, pending, events_kept, day.open, 'late-bars', day.date, bars, detail)
end

-- Sorts the bars of all days before the first write, because Redis does not roll a script back.
local FIRST_REFUSAL, FIRST_DAY_KEY = 12, 9
local refusals = tonumber(refusal_count)
-- `at`: index in ARGV of the day's first argument. `first_position`: position of the day's first bar in this call.
local at, first_position, changed_days = FIRST_REFUSAL + 2 * refusals, 0, {}
for i = FIRST_DAY_KEY, #KEYS, 2 do
  local day = { chunk = KEYS[i], states = KEYS[i + 1], date = ARGV[at], open = ARGV[at + 1], chunk_bytes = tonumber(ARGV[at + 2]),
    bitmap_bytes = tonumber(ARGV[at + 3]), slots = tonumber(ARGV[at + 4]), records = {}, new_slots = {}, late_slots = {} }
  local places, records = ARGV[at + 5], ARGV[at + 6]
  local bars = #records / RECORD_BYTES
  if #places / PLACE_BYTES ~= bars then error('feed: records and places of different lengths') end
  if tonumber(day.open) >= kept_from then
    day.bits = redis.call('GETRANGE', day.chunk, 0, day.bitmap_bytes - 1)
    sort_bars(day, places, records, first_position)
    if #day.new_slots > 0 then changed_days[#changed_days + 1] = day end
  end
  first_position = first_position + bars
  at = at + 7
end

for _, day in ipairs(changed_days) do
  write_bars(day)
  if #day.late_slots > 0 then note_late(day) end
end
for r = FIRST_REFUSAL, FIRST_REFUSAL + 2 * refusals - 1, 2 do
  count_refused(refused, refused_ahead, visible_from, ARGV[r], ARGV[r + 1])
end
if #conflicts > 0 then count_refused(refused, refused_ahead, visible_from, symbol .. ' conflict', #conflicts) end
local answer = table.concat({ accepted, duplicates, late, retained_from or '0', stored_before + accepted, unpack(conflicts) }, ' ')
redis.call('HSET', feed, symbol .. ' heard', string.format('%.0f', now), symbol .. ' batch', batch, symbol .. ' answer', answer)
if accepted > 0 then redis.call('HINCRBY', feed, symbol .. ' stored', accepted) end
local is_moved = reached ~= '' and tonumber(reached) > tonumber(known_reached or '-inf')
if is_moved then redis.call('HSET', feed, symbol .. ' reached', reached) end
if ends == '1' then redis.call('HSET', feed, symbol .. ' ended', '1') end
if is_moved or ends == '1' then redis.call('PUBLISH', wake, 'feed') end
return {'fed', answer}
