--- Moves pending changes that the clock has passed to the public events. A change that the clock has passed in part is split at the
--- clock. A repeated call publishes nothing twice. Also removes the refusals that the clock has passed from those ahead of the clock.
--- KEYS: meta, pending, events, refused-ahead
--- ARGV: stamp, clock (ms), date of the day that contains the clock, number of closed base slots of that day,
---       length of a base slot (ms), events kept
--- Answer: 'published' | 'gone': the session was deleted or its symbols changed
---
--- The detail of a change, by type:
---   gap-found, gap-filled, late-bars  {symbol: [from, to, from, to, …]}: runs of base slots, `to` exclusive
---   gap-settled                       {symbol: {noTrade: [from, to, …], unfillable: […], absent: […]}}
---   derived                           {symbol: [end, …]}: ends of the first and last changed bucket, in base slots
---   others                            a list of the event's fields and values, published as a whole

if redis.call('HGET', KEYS[1], 'incarnation') ~= ARGV[1] then return 'gone' end
local _, clock_text, today, closed_slots, slot_length, events_kept = unpack(ARGV)
-- A field of refused-ahead is `time symbol reason`.
for _, field in ipairs(redis.call('HKEYS', KEYS[4])) do
  if tonumber(field:match('^%S+')) <= tonumber(clock_text) then redis.call('HDEL', KEYS[4], field) end
end
local due_members = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', clock_text)
if #due_members == 0 then return 'published' end
local clock, closed_today, slot_ms = tonumber(clock_text), tonumber(closed_slots), tonumber(slot_length)
local SETTLED_KINDS = { 'noTrade', 'unfillable', 'absent' }

-- Splits runs of slots at slot `closed`, the first one that is not closed. Returns the number of slots before it, the runs from it on,
-- and the first slot of these or nil.
local function split_runs(runs, closed)
  local count, rest = 0, {}
  for i = 1, #runs, 2 do
    local from, to = runs[i], runs[i + 1]
    count = count + math.max(0, math.min(to, closed) - from)
    if to > closed then
      rest[#rest + 1] = math.max(from, closed)
      rest[#rest + 1] = to
    end
  end
  return count, rest, rest[1]
end

-- Each splitter splits the detail of one symbol at slot `closed`. It returns the counts to publish by name (nil when there is
-- nothing to publish), the rest of the detail, and the first slot of the rest or nil.
local splitters = {}
splitters['gap-found'] = function(runs, closed)
  local bars, rest, first = split_runs(runs, closed)
  return bars > 0 and { bars = bars } or nil, rest, first
end
splitters['gap-filled'], splitters['late-bars'] = splitters['gap-found'], splitters['gap-found']
splitters['gap-settled'] = function(settled, closed)
  local counts, total, rest, first = {}, 0, {}, nil
  for _, kind in ipairs(SETTLED_KINDS) do
    local first_of_kind
    counts[kind], rest[kind], first_of_kind = split_runs(settled[kind] or {}, closed)
    total = total + counts[kind]
    if first_of_kind then first = math.min(first or first_of_kind, first_of_kind) end
  end
  return total > 0 and counts or nil, rest, first
end
-- The event only names the symbols, so the counts are empty. A bucket is published as a whole, when its last slot has closed: that slot
-- counts as the first slot of the rest.
splitters.derived = function(ends, closed)
  local counts, rest = nil, {}
  for _, bucket_end in ipairs(ends) do
    if bucket_end <= closed then counts = {} else rest[#rest + 1] = bucket_end end
  end
  return counts, rest, rest[1] and rest[1] - 1
end

-- What to emit, in order. An entry is an event that sums the counts of one type and date, which `event_by_name` finds by `type date`;
-- or the list of fields and values of an event that is published as a whole.
local outgoing, event_by_name = {}, {}
-- Adds counts of a symbol to the event of a type and date.
local function add_counts(type, date, symbol, counts)
  local name = type .. ' ' .. date
  local event = event_by_name[name]
  if not event then
    event = { type = type, date = date, counts = {} }
    event_by_name[name] = event
    outgoing[#outgoing + 1] = event
  end
  local sums = event.counts[symbol] or {}
  event.counts[symbol] = sums
  for kind, count in pairs(counts) do sums[kind] = (sums[kind] or 0) + count end
end

-- A member is `id type date detail`, with the detail as JSON.
for _, member in ipairs(due_members) do
  redis.call('ZREM', KEYS[2], member)
  local id, type, date, text = member:match('^(%S+) (%S+) (%S+) (.*)$')
  local detail, split = cjson.decode(text), splitters[type]
  if not split then
    outgoing[#outgoing + 1] = detail
  else
    -- The number of slots of the change's day that the clock has passed: all on an earlier day, none on a later one.
    local closed = math.huge
    if date == today then closed = closed_today elseif date > today then closed = 0 end
    local remaining, first_remaining
    for symbol, symbol_detail in pairs(detail) do
      local counts, rest, first = split(symbol_detail, closed)
      if counts then add_counts(type, date, symbol, counts) end
      if first then
        remaining = remaining or {}
        remaining[symbol] = rest
        first_remaining = math.min(first_remaining or first, first)
      end
    end
    if remaining then
      -- The rest waits until its first slot begins. Breaks of the day are not counted, so after a break the rest is due too early, and waits
      -- again. If that slot begins at the clock or is on a later day, the rest waits for the next move of the clock: 1 ms.
      local due_in_ms = date == today and math.max((first_remaining - closed) * slot_ms, 1) or 1
      redis.call('ZADD', KEYS[2], clock + due_in_ms, id .. ' ' .. type .. ' ' .. date .. ' ' .. cjson.encode(remaining))
    end
  end
end

-- The JSON of a symbol in an event: its name alone, or with a number of bars, or with the number of slots of each kind.
local function json_of(symbol, counts)
  local name = '"' .. symbol .. '"'
  if counts.bars then return name .. ':' .. counts.bars end
  if not counts.noTrade then return name end
  local texts = {}
  for i, kind in ipairs(SETTLED_KINDS) do texts[i] = '"' .. kind .. '":' .. counts[kind] end
  return name .. ':{' .. table.concat(texts, ',') .. '}'
end

-- An event of counts gets its fields here; an event that is published as a whole is the list of its fields.
for _, event in ipairs(outgoing) do
  local fields = event
  if event.type then
    local symbols, texts = {}, {}
    for symbol in pairs(event.counts) do symbols[#symbols + 1] = symbol end
    table.sort(symbols)
    for i, symbol in ipairs(symbols) do texts[i] = json_of(symbol, event.counts[symbol]) end
    local list = table.concat(texts, ',')
    list = event.type == 'derived' and '[' .. list .. ']' or '{' .. list .. '}'
    fields = { 'type', event.type, 'date', event.date, 'symbols', list }
  end
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', events_kept, '*', unpack(fields))
end
return 'published'
