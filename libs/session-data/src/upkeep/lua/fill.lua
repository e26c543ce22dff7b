--- Fills empty slots of a day, and stores the new states of the day's slots, symbol by symbol. Refuses a symbol whose states
--- changed since they were read, or that has a bar in a slot to fill. Refuses all symbols when the store was set back to before
--- these slots, because the stream will write the slots again. Skips a symbol that has the new states: an earlier call wrote it.
--- Writes nothing to a day that is no longer retained. Emits what it wrote. A run is a sequence of adjacent slots.
--- KEYS: meta, retry, dirty, errors, refused, changes, pending, refused-ahead, repository-refused,
---       then for each symbol: chunk, states
--- ARGV: stamp, chunk bytes, bitmap bytes, least frontier (ms), open of the day (ms), events kept, close of the day (ms),
---       number of refusals f, f × (field, total of refused bars on this day),
---       then for each symbol: member (`date symbol`), states before, states after, due time of its retry (ms) or '',
---       changes of the counters backfilled, noTrade, unfillable and absent,
---       newly settled slots (JSON of counts, then JSON of runs; '' and '' when there are none),
---       number of runs to fill r, r × (first slot, records)
--- Answer: {'done', member of each refused symbol …} | {'gone'}: the session was deleted or its symbols changed

--- include ../../redis/lua/shared/bitmap.lua
--- include ../../events/lua/shared/emit-change.lua
--- include ../../events/lua/shared/count-refused.lua
local incarnation, frontier, retained_from = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'frontier', 'retainedFrom'))
if incarnation ~= ARGV[1] then return {'gone'} end
-- Position of the first refusal's field in ARGV, and of the first symbol's chunk in KEYS.
local FIRST_REFUSAL, FIRST_SYMBOL_KEY = 9, 10
local DATE_CHARS = 10 -- as in 2024-03-04
local open, events_kept, day_close = ARGV[5], ARGV[6], ARGV[7]
if tonumber(open) < tonumber(retained_from or 0) then return {'done'} end
local chunk_bytes, bitmap_bytes = tonumber(ARGV[2]), tonumber(ARGV[3])
local retry, dirty, errors, refused, changes = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local pending, refused_ahead, repository_refused = KEYS[7], KEYS[8], KEYS[9]
local is_set_back = tonumber(frontier) < tonumber(ARGV[4])
local refusals = tonumber(ARGV[8])
-- `at`: position in ARGV of what is read next; at first that of the first symbol's member.
-- `accepted`: the symbols that are written. `answer` gets the members of the refused ones.
local at, accepted, answer = FIRST_REFUSAL + 2 * refusals, {}, {'done'}

-- Reads the arguments of all symbols and checks them before the first write, because Redis does not roll a script back.
for i = FIRST_SYMBOL_KEY, #KEYS, 2 do
  local symbol = { chunk = KEYS[i], states = KEYS[i + 1], bits = redis.call('GETRANGE', KEYS[i], 0, bitmap_bytes - 1),
    member = ARGV[at], before = ARGV[at + 1], after = ARGV[at + 2], due = ARGV[at + 3],
    counter_changes = { ARGV[at + 4], ARGV[at + 5], ARGV[at + 6], ARGV[at + 7] },
    settled_counts = ARGV[at + 8], settled_runs = ARGV[at + 9], runs = {}, slots = {} }
  local run_count = tonumber(ARGV[at + 10])
  local states = redis.call('GET', symbol.states) or ''
  local is_valid = states == symbol.before and not is_set_back
  at = at + 11
  for r = 1, run_count do
    local from, records = tonumber(ARGV[at]), ARGV[at + 1]
    local to = from + #records / RECORD_BYTES
    symbol.runs[r] = { from = from, to = to, records = records }
    for slot = from, to - 1 do
      symbol.slots[#symbol.slots + 1] = slot
      is_valid = is_valid and not has_bar(symbol.bits, slot)
    end
    at = at + 2
  end
  if is_valid then
    accepted[#accepted + 1] = symbol
  -- With the new states, an earlier call wrote the symbol: it is neither written again nor refused.
  elseif states ~= symbol.after then
    answer[#answer + 1] = symbol.member
  end
end

-- The day's totals come from PostgreSQL, which stores each refused bar once. A repeated call counts only what is new.
for r = FIRST_REFUSAL, FIRST_REFUSAL + 2 * refusals - 1, 2 do
  local field, refused_total = ARGV[r], tonumber(ARGV[r + 1])
  local counted = tonumber(redis.call('HGET', repository_refused, day_close .. ' ' .. field) or 0)
  if refused_total > counted then
    count_refused(refused, refused_ahead, day_close, field, refused_total - counted)
    redis.call('HSET', repository_refused, day_close .. ' ' .. field, refused_total)
  end
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
  redis.call('SETRANGE', symbol.chunk, 0, with_bars(symbol.bits, bitmap_bytes, symbol.slots))
  redis.call('SADD', dirty, symbol.member)
  return table.concat(ends, ',')
end

-- The counters that a fill changes, and for each the sum of its changes.
local counters, total_changes = { 'backfilled', 'noTrade', 'unfillable', 'absent' }, { 0, 0, 0, 0 }
-- Each element is the JSON of one symbol: `filled` and `settled` for the events `gap-filled` and `gap-settled`, the runs for their
-- details. `date`: the day, from any member.
local date, filled, settled, filled_runs, settled_runs = '', {}, {}, {}, {}
for _, symbol in ipairs(accepted) do
  local name, bars = symbol.member:sub(DATE_CHARS + 2), #symbol.slots
  date = symbol.member:sub(1, DATE_CHARS)
  if bars > 0 then
    filled[#filled + 1] = '"' .. name .. '":' .. bars
    filled_runs[#filled_runs + 1] = '"' .. name .. '":[' .. write_bars(symbol) .. ']'
  end
  if symbol.settled_counts ~= '' then
    settled[#settled + 1] = '"' .. name .. '":' .. symbol.settled_counts
    settled_runs[#settled_runs + 1] = '"' .. name .. '":' .. symbol.settled_runs
  end
  if symbol.after ~= '' then redis.call('SET', symbol.states, symbol.after) end
  if symbol.due == '' then redis.call('ZREM', retry, symbol.member)
  else redis.call('ZADD', retry, symbol.due, symbol.member) end
  redis.call('HDEL', errors, symbol.member)
  for c = 1, #counters do total_changes[c] = total_changes[c] + symbol.counter_changes[c] end
end

for c, name in ipairs(counters) do
  if total_changes[c] ~= 0 then redis.call('HINCRBY', KEYS[1], name, total_changes[c]) end
end
-- Emits a change of the day, if it has symbols.
local function emit(type, symbols, runs)
  if #symbols == 0 then return end
  local list, detail = '{' .. table.concat(symbols, ',') .. '}', '{' .. table.concat(runs, ',') .. '}'
  emit_change(changes, pending, events_kept, open, type, date, list, detail)
end
emit('gap-filled', filled, filled_runs)
emit('gap-settled', settled, settled_runs)
return answer
