--- Emits the gaps of a day that were not emitted yet. The caller has checked each symbol's base slots from 0 up to an end (exclusive),
--- which `emitted` stores. A symbol whose stored end has changed since the caller read it is skipped: another call has emitted its gaps.
--- KEYS: meta, emitted, changes, pending
--- ARGV: stamp, open of the day (ms), events kept,
---       then for each symbol: member (`date symbol`), stored end as it was read or '', end now, number of newly missing bars,
---       their runs of slots (JSON, as publish.lua describes them)
--- Answer: number of newly missing bars that were emitted | 'gone': the session was deleted or its symbols changed |
---         'retired': the day is no longer retained

--- include ../../redis/lua/shared/take.lua
--- include shared/emit-change.lua
local meta, emitted, changes, pending = unpack(KEYS)
local stamp, open, events_kept = take(3)
local incarnation, retained_from = unpack(redis.call('HMGET', meta, 'incarnation', 'retainedFrom'))
if incarnation ~= stamp then return 'gone' end
if tonumber(open) < tonumber(retained_from or 0) then return 'retired' end
local FIRST_SYMBOL, SYMBOL_ARGS = 4, 5
local members = {}
for i = FIRST_SYMBOL, #ARGV, SYMBOL_ARGS do members[#members + 1] = ARGV[i] end
local stored_ends = redis.call('HMGET', emitted, unpack(members))
-- `new_ends`: members and ends to store, alternating.
local new_ends, new_missing, change = {}, 0, new_change('gap-found')
for _, stored_end in ipairs(stored_ends) do
  local member, end_as_read, end_now, missing, runs = take(SYMBOL_ARGS)
  if (stored_end or '') == end_as_read then
    new_ends[#new_ends + 1] = member
    new_ends[#new_ends + 1] = end_now
    if missing ~= '0' then
      new_missing = new_missing + missing
      add_symbol(change, member, missing, runs)
    end
  end
end
if #new_ends > 0 then redis.call('HSET', emitted, unpack(new_ends)) end
emit_change(changes, pending, events_kept, open, change)
return new_missing
