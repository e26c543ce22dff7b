--- Fills empty slots of a day, and stores the new states of its slots, symbol by symbol. Refuses a symbol whose states changed
--- since they were read, or that has a bar in a slot to fill. Refuses all symbols when the store was set back to before these
--- slots, because the stream will write them. A symbol that has the new states was written by an earlier call: it is skipped.
--- Writes nothing to a day that is no longer retained. Emits what it wrote.
--- KEYS: meta, retry, dirty, errors, refused, changes, pending, refused-ahead, repository-refused,
---       then for each symbol: chunk, states
--- ARGV: stamp, chunk bytes, bitmap bytes, least frontier (ms), open of the day (ms), events kept, close of the day (ms),
---       number of refusals f, f × (field, total of refused bars on this day),
---       then for each symbol: member, states before, states after, due time (ms) or '', changes of backfilled, noTrade,
---       unfillable and absent, settled slots (JSON of counts, then of runs) or '' and '', number of runs r, r × (first slot, records)
--- Answer: {'done', member (`date symbol`) of each refused symbol …} | {'gone'}

--- include ../../events/lua/shared/defer.lua
--- include ../../events/lua/shared/count-refused.lua
local incarnation, frontier, retained_from = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'frontier', 'retainedFrom'))
if incarnation ~= ARGV[1] then return {'gone'} end
if tonumber(ARGV[5]) < tonumber(retained_from or 0) then return {'done'} end
local total, bitmap_bytes = tonumber(ARGV[2]), tonumber(ARGV[3])
local is_set_back = tonumber(frontier) < tonumber(ARGV[4])
local refusals = tonumber(ARGV[8])
local at, accepted, answer = 9 + 2 * refusals, {}, {'done'}

local function is_empty(bits, from, count)
  for slot = from, from + count - 1 do
    local byte = bits:byte(math.floor(slot / 8) + 1) or 0
    if bit.band(byte, bit.rshift(128, slot % 8)) ~= 0 then return false end
  end
  return true
end

for i = 10, #KEYS, 2 do
  local symbol = { chunk = KEYS[i], states = KEYS[i + 1], member = ARGV[at], before = ARGV[at + 1], after = ARGV[at + 2],
    due = ARGV[at + 3], counts = { ARGV[at + 4], ARGV[at + 5], ARGV[at + 6], ARGV[at + 7] }, settled = ARGV[at + 8],
    settled_runs = ARGV[at + 9], runs = {} }
  local runs = tonumber(ARGV[at + 10])
  at = at + 11
  for r = 1, runs do
    symbol.runs[r] = { from = tonumber(ARGV[at]), records = ARGV[at + 1] }
    at = at + 2
  end
  local states = redis.call('GET', symbol.states) or ''
  local bits = redis.call('GETRANGE', symbol.chunk, 0, bitmap_bytes - 1)
  local is_valid = states == symbol.before and not is_set_back
  for _, run in ipairs(symbol.runs) do is_valid = is_valid and is_empty(bits, run.from, #run.records / RECORD_BYTES) end
  if is_valid then
    symbol.bits = bits
    accepted[#accepted + 1] = symbol
  elseif states ~= symbol.after then
    answer[#answer + 1] = symbol.member
  end
end

-- The day's totals come from PostgreSQL, which stores each refused bar once. A repeated call counts only what is new.
for r = 1, refusals do
  local field, refused_total = ARGV[7 + 2 * r], tonumber(ARGV[8 + 2 * r])
  local counted = tonumber(redis.call('HGET', KEYS[9], ARGV[7] .. ' ' .. field) or 0)
  if refused_total > counted then
    count_refused(KEYS[5], KEYS[8], ARGV[7], field, refused_total - counted)
    redis.call('HSET', KEYS[9], ARGV[7] .. ' ' .. field, refused_total)
  end
end

-- Writes a symbol's bars. Answers their number, and the text of their runs: first slot and slot after the last of each.
local function write_bars(symbol)
  if #symbol.runs == 0 then return 0 end
  if symbol.bits == '' then redis.call('SETRANGE', symbol.chunk, total - 1, string.char(0)) end
  local bytes = { symbol.bits:byte(1, bitmap_bytes) }
  for b = #bytes + 1, bitmap_bytes do bytes[b] = 0 end
  local bars, places = 0, {}
  for _, run in ipairs(symbol.runs) do
    local to = run.from + #run.records / RECORD_BYTES
    redis.call('SETRANGE', symbol.chunk, bitmap_bytes + run.from * RECORD_BYTES, run.records)
    for slot = run.from, to - 1 do
      local b = math.floor(slot / 8) + 1
      bytes[b] = bit.bor(bytes[b], bit.rshift(128, slot % 8))
    end
    bars = bars + to - run.from
    places[#places + 1] = run.from .. ',' .. to
  end
  redis.call('SETRANGE', symbol.chunk, 0, string.char(unpack(bytes)))
  redis.call('SADD', KEYS[3], symbol.member)
  return bars, table.concat(places, ',')
end

local names, sums = { 'backfilled', 'noTrade', 'unfillable', 'absent' }, { 0, 0, 0, 0 }
local date, filled, settled = '', {}, {}
local filled_runs, settled_runs = {}, {}
for _, symbol in ipairs(accepted) do
  local name, bars, places = symbol.member:sub(12), write_bars(symbol)
  date = symbol.member:sub(1, 10)
  if bars > 0 then
    filled[#filled + 1] = '"' .. name .. '":' .. bars
    filled_runs[#filled_runs + 1] = '"' .. name .. '":[' .. places .. ']'
  end
  if symbol.settled ~= '' then
    settled[#settled + 1] = '"' .. name .. '":' .. symbol.settled
    settled_runs[#settled_runs + 1] = '"' .. name .. '":' .. symbol.settled_runs
  end
  if symbol.after ~= '' then redis.call('SET', symbol.states, symbol.after) end
  if symbol.due == '' then redis.call('ZREM', KEYS[2], symbol.member)
  else redis.call('ZADD', KEYS[2], symbol.due, symbol.member) end
  redis.call('HDEL', KEYS[4], symbol.member)
  for c = 1, #names do sums[c] = sums[c] + symbol.counts[c] end
end

for c, name in ipairs(names) do
  if sums[c] ~= 0 then redis.call('HINCRBY', KEYS[1], name, sums[c]) end
end
local function emit(type, symbols, runs)
  if #symbols == 0 then return end
  local list = '{' .. table.concat(symbols, ',') .. '}'
  local id = redis.call('XADD', KEYS[6], 'MAXLEN', '~', ARGV[6], '*', 'type', type, 'date', date, 'symbols', list)
  defer(KEYS[7], ARGV[5], id, type, date, '{' .. table.concat(runs, ',') .. '}')
end
emit('gap-filled', filled, filled_runs)
emit('gap-settled', settled, settled_runs)
return answer
