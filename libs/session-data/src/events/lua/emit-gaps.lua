--- Emits the gaps of a day that were not emitted yet. For each symbol the caller has checked base slots [0, n) of the day.
--- A symbol whose stored n has changed since the caller read it is skipped: another call has emitted its gaps.
--- KEYS: meta, emitted, changes, pending
--- ARGV: stamp, open of the day (ms), date, events kept,
---       then for each symbol: name, n as it was read or '', n now, bars newly missing, their runs (JSON)
--- Answer: number of bars newly missing that were emitted | 'gone' | 'retired'

--- include shared/defer.lua
local incarnation, retained_from = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'retainedFrom'))
if incarnation ~= ARGV[1] then return 'gone' end
if tonumber(ARGV[2]) < tonumber(retained_from or 0) then return 'retired' end
local names, checked, symbols, runs, new_missing = {}, {}, {}, {}, 0
for i = 5, #ARGV, 5 do names[#names + 1] = ARGV[3] .. ' ' .. ARGV[i] end
local emitted = redis.call('HMGET', KEYS[2], unpack(names))
for n, name in ipairs(names) do
  local i = 5 * n
  if (emitted[n] or '') == ARGV[i + 1] then
    checked[#checked + 1] = name
    checked[#checked + 1] = ARGV[i + 2]
    if ARGV[i + 3] ~= '0' then
      new_missing = new_missing + tonumber(ARGV[i + 3])
      symbols[#symbols + 1] = '"' .. ARGV[i] .. '":' .. ARGV[i + 3]
      runs[#runs + 1] = '"' .. ARGV[i] .. '":' .. ARGV[i + 4]
    end
  end
end
if #checked > 0 then redis.call('HSET', KEYS[2], unpack(checked)) end
if #symbols > 0 then
  local id = redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], '*', 'type', 'gap-found', 'date', ARGV[3],
    'symbols', '{' .. table.concat(symbols, ',') .. '}')
  defer(KEYS[4], ARGV[2], id, 'gap-found', ARGV[3], '{' .. table.concat(runs, ',') .. '}')
end
return new_missing
