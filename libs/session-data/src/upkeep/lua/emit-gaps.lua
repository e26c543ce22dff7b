--- Emits the gaps of a day that were not emitted yet. The caller has checked each symbol's base slots from 0 up to an end (exclusive),
--- which `emitted` stores. A symbol whose stored end has changed since the caller read it is skipped: another call has emitted its gaps.
--- KEYS: meta, emitted, changes, pending
--- ARGV: stamp, open of the day (ms), events kept,
---       then for each symbol: member (`date symbol`), stored end as it was read or '', end now, number of newly missing bars,
---       their runs of slots (JSON, as publish.lua describes them)
--- Answer: {'done', number of newly missing bars that were emitted} | {'done'} | {'gone'}, see retained-day.lua

--- include ../../redis/lua/shared/take.lua
--- include ../../events/lua/shared/emit-change.lua
local meta, emitted, changes, pending = unpack(KEYS)
local stamp, open, events_kept = take(3)
--- include shared/retained-day.lua
local FIRST_SYMBOL, SYMBOL_ARGS = 4, 5
local new_missing, change = 0, new_change('gap-found')
for _ = FIRST_SYMBOL, #ARGV, SYMBOL_ARGS do
  local member, end_as_read, end_now, missing, runs = take(SYMBOL_ARGS)
  if (redis.call('HGET', emitted, member) or '') == end_as_read then
    redis.call('HSET', emitted, member, end_now)
    if missing ~= '0' then
      new_missing = new_missing + missing
      add_symbol(change, member, missing, runs)
    end
  end
end
emit_change(changes, pending, events_kept, open, change)
return {'done', new_missing}
