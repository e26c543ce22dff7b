--- Writes fed bars of one symbol, on one or several days, and stores the progress of the symbol's stream. Any process may call this:
--- there is no fence. A filled slot keeps its bar: an equal fed bar is a duplicate, any other is a conflict. Bars that close after the
--- frontier are staged: stored, but in no count until advance.lua passes them. A bar that closes before the frontier is late.
--- KEYS: meta, feed, refused, dirty, retry, changes, pending, refused-ahead, then for each day: chunk, states
--- ARGV: stamp, symbol, name of this batch, time reached (ms) or '', '1' when the stream ends or '', events kept,
---       wake channel, state "filled late", time from which strategies may see these refusals (ms), bars of the
---       symbol that the caller has seen stored or '',
---       then for each day: date, open (ms), chunk bytes, bitmap bytes, slots,
---         places (for each bar slot and close time, both f64), records,
---       then number of refusals f, f × (field, count)
--- Answer: {'fed', 'accepted duplicates late retainedFrom stored position-of-each-conflict …'} |
---         {'behind', stored, time reached (ms) or ''}: the store lost bars that the caller has seen | {'lost'};
---         `stored` counts the fed bars of the symbol. A position is the place among the bars of this call, from 0

--- From the included files: take(n), which takes the next n of ARGV; now; count_refused; read_day and sort_bars (sort-bars.lua);
--- write_bars (write-bars.lua) and note_late (note-late.lua). The last two use the keys that this file does not use itself.

--- include ../../redis/lua/shared/take.lua
--- include ../../redis/lua/shared/bitmap.lua
--- include ../../redis/lua/shared/now.lua
--- include ../../events/lua/shared/emit-change.lua
--- include ../../events/lua/shared/count-refused.lua
local meta, feed, refused, dirty, retry, changes, pending, refused_ahead = unpack(KEYS, 1, 8)
local FIRST_DAY_KEY = 9
local stamp, symbol, batch, reached, ends, events_kept, wake, late_state, visible_from, seen_bars = take(10)
local incarnation, frontier, retained_from = unpack(redis.call('HMGET', meta, 'incarnation', 'frontier', 'retainedFrom'))
if incarnation ~= stamp then return {'lost'} end
local frontier_ms, kept_from = tonumber(frontier), tonumber(retained_from or 0)
-- What the store knows of the symbol's stream: its last batch with the answer, the time that it has reached, and its number of bars.
local known_batch, known_answer, known_reached, known_stored = unpack(
  redis.call('HMGET', feed, symbol .. ' batch', symbol .. ' answer', symbol .. ' reached', symbol .. ' stored'))
-- A repeated call gets the same answer.
if known_batch == batch then return {'fed', known_answer} end
local stored_before = tonumber(known_stored or 0)
if seen_bars ~= '' and stored_before < tonumber(seen_bars) then return {'behind', stored_before, known_reached or ''} end

--- include shared/sort-bars.lua
--- include shared/write-bars.lua
--- include shared/note-late.lua

-- Sorts the bars of all days before the first write, because Redis does not roll a script back. `sorted.bars`: the bars of the days before
-- the one that is sorted; the positions of its conflicts count from there.
local sorted, changed_days = { bars = 0, accepted = 0, duplicates = 0, late = 0, conflicts = {} }, {}
for i = FIRST_DAY_KEY, #KEYS, 2 do
  local day = read_day(KEYS[i], KEYS[i + 1])
  -- Nothing is written to days that are no longer retained.
  if tonumber(day.open) >= kept_from then sort_bars(day, sorted) end
  sorted.bars = sorted.bars + day.bars
  if #day.new_slots > 0 then changed_days[#changed_days + 1] = day end
end
for _, day in ipairs(changed_days) do
  write_bars(day)
  if #day.late_slots > 0 then note_late(day) end
end

for _ = 1, tonumber(take(1)) do count_refused(refused, refused_ahead, visible_from, take(2)) end
local accepted, conflicts = sorted.accepted, sorted.conflicts
if #conflicts > 0 then count_refused(refused, refused_ahead, visible_from, symbol .. ' conflict', #conflicts) end
local figures = { accepted, sorted.duplicates, sorted.late, retained_from or '0', stored_before + accepted, unpack(conflicts) }
local answer = table.concat(figures, ' ')
redis.call('HSET', feed, symbol .. ' heard', string.format('%.0f', now), symbol .. ' batch', batch, symbol .. ' answer', answer)
if accepted > 0 then redis.call('HINCRBY', feed, symbol .. ' stored', accepted) end
local is_moved = reached ~= '' and tonumber(reached) > tonumber(known_reached or '-inf')
if is_moved then redis.call('HSET', feed, symbol .. ' reached', reached) end
if ends == '1' then redis.call('HSET', feed, symbol .. ' ended', '1') end
if is_moved or ends == '1' then redis.call('PUBLISH', wake, 'feed') end
return {'fed', answer}
