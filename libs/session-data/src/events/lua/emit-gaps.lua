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
local open, date, events_kept, FIRST_SYMBOL = ARGV[2], ARGV[3], ARGV[4], 5
if tonumber(open) < tonumber(retained_from or 0) then return 'retired' end
-- `names`: the field of each symbol in `emitted`. `checked`: the fields and ends to store. `symbols`, `runs`: members of JSON objects,
-- by symbol the number of newly missing bars and their runs.
local names, checked, symbols, runs, new_missing = {}, {}, {}, {}, 0
for i = FIRST_SYMBOL, #ARGV, 5 do names[#names + 1] = date .. ' ' .. ARGV[i] end
local emitted = redis.call('HMGET', KEYS[2], unpack(names))
for n, name in ipairs(names) do
  local i = FIRST_SYMBOL + 5 * (n - 1)
  local symbol, checked_before, checked_now, missing, missing_runs = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  if (emitted[n] or '') == checked_before then
    checked[#checked + 1] = name
    checked[#checked + 1] = checked_now
    if missing ~= '0' then
      new_missing = new_missing + tonumber(missing)
      symbols[#symbols + 1] = '"' .. symbol .. '":' .. missing
      runs[#runs + 1] = '"' .. symbol .. '":' .. missing_runs
    end
  end
end
if #checked > 0 then redis.call('HSET', KEYS[2], unpack(checked)) end
if #symbols > 0 then
  local list, detail = '{' .. table.concat(symbols, ',') .. '}', '{' .. table.concat(runs, ',') .. '}'
  emit_change(KEYS[3], KEYS[4], events_kept, open, 'gap-found', date, list, detail)
end
return new_missing
