--- Fills empty slots of a day, and stores the new states of the day's slots. Writes a symbol as a whole or not at all, and emits what it
--- wrote. Refuses a symbol whose states changed since the caller read them, or that has a bar in a slot to fill. Refuses all symbols
--- when the store was set back to before these slots, because the stream will write the slots again. A run is a sequence of adjacent
--- slots.
--- KEYS: meta, retry, dirty, errors, refused, changes, pending, refused-ahead, repository-refused,
---       then for each symbol: chunk, states
--- ARGV: stamp, chunk bytes, bitmap bytes, least frontier (ms), open of the day (ms), events kept, close of the day (ms),
---       then for each symbol: member (`date symbol`), states before, states after, due time of its retry (ms) or '',
---         changes of the counters backfilled, noTrade, unfillable and absent,
---         newly settled slots (JSON of counts, then JSON of runs; '' and '' when there are none),
---         number of runs to fill r, r × (first slot, records),
---       then number of refusals f, f × (field, total of refused bars on this day)
--- Answer: {'done', member of each refused symbol …} | {'gone'}, see shared/retained-day.lua
--- From shared/retained-day.lua: frontier

--- include ../../redis/lua/shared/take.lua
--- include ../../redis/lua/shared/bitmap.lua
--- include ../../events/lua/shared/emit-change.lua
--- include ../../events/lua/shared/count-refused.lua
local meta, retry, dirty, errors, refused, changes, pending, refused_ahead, repository_refused = unpack(KEYS, 1, 9)
local FIRST_SYMBOL_KEY = 10
local stamp, chunk_length, bitmap_length, least_frontier, open, events_kept, day_close = take(7)
--- include shared/retained-day.lua
local chunk_bytes, bitmap_bytes = tonumber(chunk_length), tonumber(bitmap_length)
-- A string, because formatting a number costs as much as the command that gets it.
local last_bitmap_byte = tostring(bitmap_bytes - 1)
local is_set_back = tonumber(frontier) < tonumber(least_frontier)
local counters = { 'backfilled', 'noTrade', 'unfillable', 'absent' }

-- Reads what the caller sent for a symbol, and what is stored of it.
local function read_symbol(chunk, states_key)
  local symbol = { chunk = chunk, states_key = states_key, runs = {}, slots = {} }
  symbol.bits = redis.call('GETRANGE', chunk, '0', last_bitmap_byte)
  symbol.states = redis.call('GET', states_key) or ''
  symbol.member, symbol.before, symbol.after, symbol.due = take(4)
  symbol.counter_changes = { take(#counters) }
  symbol.settled_counts, symbol.settled_runs = take(2)
  local runs, slots = symbol.runs, symbol.slots
  for r = 1, tonumber(take(1)) do
    local from_text, records = take(2)
    local from = tonumber(from_text)
    local to = from + #records / RECORD_BYTES
    runs[r] = { from = from, to = to, records = records }
    for slot = from, to - 1 do slots[#slots + 1] = slot end
  end
  return symbol
end

-- Whether the store has what the caller read before it decided.
local function is_unchanged(symbol)
  if is_set_back or symbol.states ~= symbol.before then return false end
  for _, slot in ipairs(symbol.slots) do
    if has_bar(symbol.bits, slot) then return false end
  end
  return true
end

-- Writes a symbol's bars. Returns the text of their runs: for each its first slot, and the slot after its last one.
local function write_bars(symbol)
  -- Without a bitmap the chunk does not exist yet: this allocates its full length.
  if symbol.bits == '' then redis.call('SETRANGE', symbol.chunk, chunk_bytes - 1, '\0') end
  local ends = {}
  for r, run in ipairs(symbol.runs) do
    redis.call('SETRANGE', symbol.chunk, bitmap_bytes + run.from * RECORD_BYTES, run.records)
    ends[r] = run.from .. ',' .. run.to
  end
  redis.call('SETRANGE', symbol.chunk, '0', with_bars(symbol.bits, bitmap_bytes, symbol.slots))
  redis.call('SADD', dirty, symbol.member)
  return table.concat(ends, ',')
end

-- Reads all symbols before the first write, because Redis does not roll a script back.
local accepted, answer = {}, {'done'}
for i = FIRST_SYMBOL_KEY, #KEYS, 2 do
  local symbol = read_symbol(KEYS[i], KEYS[i + 1])
  if is_unchanged(symbol) then
    accepted[#accepted + 1] = symbol
  -- With the new states, an earlier call wrote the symbol: it is neither written again nor refused.
  elseif symbol.states ~= symbol.after then
    answer[#answer + 1] = symbol.member
  end
end

local total_changes = { 0, 0, 0, 0 }
local filled, settled = new_change('gap-filled'), new_change('gap-settled')
for _, symbol in ipairs(accepted) do
  if #symbol.slots > 0 then add_symbol(filled, symbol.member, #symbol.slots, '[' .. write_bars(symbol) .. ']') end
  if symbol.settled_counts ~= '' then add_symbol(settled, symbol.member, symbol.settled_counts, symbol.settled_runs) end
  if symbol.after ~= '' then redis.call('SET', symbol.states_key, symbol.after) end
  if symbol.due == '' then redis.call('ZREM', retry, symbol.member)
  else redis.call('ZADD', retry, symbol.due, symbol.member) end
  redis.call('HDEL', errors, symbol.member)
  for c = 1, #counters do total_changes[c] = total_changes[c] + symbol.counter_changes[c] end
end
for c, name in ipairs(counters) do
  if total_changes[c] ~= 0 then redis.call('HINCRBY', meta, name, total_changes[c]) end
end
emit_change(changes, pending, events_kept, open, filled)
emit_change(changes, pending, events_kept, open, settled)

-- The day's totals come from PostgreSQL, which stores each refused bar once. A repeated call counts only what is new.
for _ = 1, tonumber(take(1)) do
  local field, refused_total = take(2)
  local name = day_close .. ' ' .. field
  local uncounted = refused_total - (redis.call('HGET', repository_refused, name) or 0)
  if uncounted > 0 then
    count_refused(refused, refused_ahead, day_close, field, uncounted)
    redis.call('HSET', repository_refused, name, refused_total)
  end
end
return answer
