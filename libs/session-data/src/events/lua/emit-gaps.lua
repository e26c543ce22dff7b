--- Emits the gaps of a day that were not emitted yet. The caller has checked each symbol's base slots from 0 up to an end (exclusive),
--- which `emitted` stores. A symbol whose stored end has changed since the caller read it is skipped: another call has emitted its gaps.
--- KEYS: meta, emitted, changes, pending
--- ARGV: stamp, open of the day (ms), date, events kept,
---       then for each symbol: name, stored end as it was read or '', end now, number of newly missing bars,
---       their runs of slots (JSON, as publish.lua describes them)
--- Answer: number of newly missing bars that were emitted | 'gone': the session was deleted or its symbols changed |
---         'retired': the day is no longer retained

--- include shared/emit-change.lua
local incarnation, retained_from = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'retainedFrom'))
if incarnation ~= ARGV[1] then return 'gone' end
local open, date, events_kept = ARGV[2], ARGV[3], ARGV[4]
-- Position in ARGV of the first symbol's name, and number of arguments of each symbol.
local FIRST_SYMBOL, SYMBOL_ARGS = 5, 5
if tonumber(open) < tonumber(retained_from or 0) then return 'retired' end
-- `fields`: each symbol's field in `emitted`. `new_ends`: fields and ends to store, alternating. `counts`, `runs`: the JSON of each symbol
-- that has newly missing bars, with their number and with their runs.
local fields, new_ends, counts, runs, new_missing = {}, {}, {}, {}, 0
for i = FIRST_SYMBOL, #ARGV, SYMBOL_ARGS do fields[#fields + 1] = date .. ' ' .. ARGV[i] end
local stored_ends = redis.call('HMGET', KEYS[2], unpack(fields))
for n, field in ipairs(fields) do
  local i = FIRST_SYMBOL + SYMBOL_ARGS * (n - 1)
  local symbol, end_as_read, end_now, missing, missing_runs = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  if (stored_ends[n] or '') == end_as_read then
    new_ends[#new_ends + 1] = field
    new_ends[#new_ends + 1] = end_now
    if missing ~= '0' then
      new_missing = new_missing + tonumber(missing)
      counts[#counts + 1] = '"' .. symbol .. '":' .. missing
      runs[#runs + 1] = '"' .. symbol .. '":' .. missing_runs
    end
  end
end
if #new_ends > 0 then redis.call('HSET', KEYS[2], unpack(new_ends)) end
if #counts > 0 then
  local list, detail = '{' .. table.concat(counts, ',') .. '}', '{' .. table.concat(runs, ',') .. '}'
  emit_change(KEYS[3], KEYS[4], events_kept, open, 'gap-found', date, list, detail)
end
return new_missing
