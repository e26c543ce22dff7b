--- Defines note_late(day), for bars that came after the frontier had passed their slots.
--- From feed.lua: meta, dirty, retry, changes, pending, symbol, late_state, events_kept, new_change, add_symbol, emit_change.

-- Whether a slot of this state is absent after requests to a repository, so that it is to be requested again.
local function is_retried(state) return state > 0 and state <= ASKS_MAX end
-- The counter in meta that includes slots of this state; nil when none does.
local function counter_of(state)
  if state == UNFILLABLE then return 'unfillable' end
  if state == NO_TRADE then return 'noTrade' end
  if is_retried(state) or state == ABSENT_UNASKED then return 'absent' end
end

-- Moves a day's late bars from the counters of their states to `streamed`, stores their new state, and emits them. With the new state
-- fill.lua refuses a backfill that was computed before these bars came. When no slot of the day is to be requested again, also removes
-- the day's retry.
local function note_late(day)
  local stored, states = redis.call('GET', day.states_key) or string.rep('\0', day.slots), {}
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
  redis.call('SET', day.states_key, table.concat(states))
  if not has_retry then redis.call('ZREM', retry, member) end
  redis.call('SADD', dirty, member)
  redis.call('HINCRBY', meta, 'streamed', #day.late_slots)
  local change = new_change('late-bars')
  add_symbol(change, member, #day.late_slots, '[' .. table.concat(runs, ',') .. ']')
  emit_change(changes, pending, events_kept, day.open, change)
end
