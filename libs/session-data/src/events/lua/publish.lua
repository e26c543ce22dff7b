--- Moves pending changes that the clock has passed to the public events. A change that the clock has passed in part is split
--- at the clock. Nothing that depends on slots after the clock is published. A repeated call publishes nothing twice. Also
--- removes the refusals that the clock has passed from those ahead of the clock.
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
local clock_text, today, events_kept = ARGV[2], ARGV[3], ARGV[6]
-- A field is `time symbol reason`.
for _, field in ipairs(redis.call('HKEYS', KEYS[4])) do
  if tonumber(field:match('^%S+')) <= tonumber(clock_text) then redis.call('HDEL', KEYS[4], field) end
end
local due_members = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', clock_text)
if #due_members == 0 then return 'published' end
local clock, closed_today, slot_ms = tonumber(clock_text), tonumber(ARGV[4]), tonumber(ARGV[5])
local kinds = { 'noTrade', 'unfillable', 'absent' }

-- Counts the slots of `runs` before slot `closed`, and appends the later ones to `rest`.
local function split_runs(runs, closed, rest)
  local count = 0
  for i = 1, #runs, 2 do
    local from, to = runs[i], runs[i + 1]
    if to <= closed then count = count + to - from
    else
      if from < closed then count = count + closed - from end
      rest[#rest + 1] = math.max(from, closed)
      rest[#rest + 1] = to
    end
  end
  return count
end

-- Each splitter splits the detail of one symbol at the slot `closed`. It answers the value to publish (JSON; false when there is
-- none), the rest, and the first slot of the rest or nil.
local splitters = {}
function splitters.runs(runs, closed)
  local rest = {}
  local count = split_runs(runs, closed, rest)
  return count > 0 and tostring(count), rest, rest[1]
end
-- The value is a number of bars.
splitters['gap-found'], splitters['gap-filled'], splitters['late-bars'] = splitters.runs, splitters.runs, splitters.runs
-- The value is an object: the number of slots of each kind.
splitters['gap-settled'] = function(settled, closed)
  local counts, rest, total, first = {}, {}, 0, nil
  for _, kind in ipairs(kinds) do
    rest[kind] = {}
    local count = split_runs(settled[kind] or {}, closed, rest[kind])
    counts[#counts + 1] = '"' .. kind .. '":' .. count
    total = total + count
    if rest[kind][1] and (not first or rest[kind][1] < first) then first = rest[kind][1] end
  end
  return total > 0 and '{' .. table.concat(counts, ',') .. '}', rest, first
end
-- The value is '', because the event only names the symbols.
splitters.derived = function(ends, closed)
  local is_passed, rest = false, {}
  for _, slot in ipairs(ends) do
    if slot <= closed then is_passed = true else rest[#rest + 1] = slot end
  end
  -- `slot` is the end of a bucket: the bucket's last slot is the one before.
  return is_passed and '', rest, rest[1] and rest[1] - 1
end

-- Adds a symbol's value to an event. The values of several changes of one symbol are added up: numbers, or the counts of each kind.
local function add(event, symbol, value)
  local sum = event.values[symbol]
  if not sum then
    event.names[#event.names + 1] = symbol
    event.values[symbol] = value
  elseif tonumber(value) then event.values[symbol] = tostring(tonumber(sum) + tonumber(value))
  elseif value ~= '' then
    local a, b, counts = cjson.decode(sum), cjson.decode(value), {}
    for _, kind in ipairs(kinds) do counts[#counts + 1] = '"' .. kind .. '":' .. (a[kind] + b[kind]) end
    event.values[symbol] = '{' .. table.concat(counts, ',') .. '}'
  end
end

-- `order`: what to emit. That is one event per type and date, in the order in which the changes occur first, and the fields and
-- values of each event that is published as a whole.
local events, order = {}, {}
for _, member in ipairs(due_members) do
  redis.call('ZREM', KEYS[2], member)
  local id, type, date, text = member:match('^(%S+) (%S+) (%S+) (.*)$')
  local detail = cjson.decode(text)
  local split = splitters[type]
  if not split then
    order[#order + 1] = detail
  else
    -- The number of slots of the change's day that the clock has passed: all on an earlier day, none on a later one.
    local closed = math.huge
    if date == today then closed = closed_today elseif date > today then closed = 0 end
    local name = type .. ' ' .. date
    local event = events[name]
    local remaining, first_remaining
    for symbol, slots in pairs(detail) do
      local passed, rest, first = split(slots, closed)
      if passed then
        if not event then
          event = { type = type, date = date, names = {}, values = {} }
          events[name] = event
          order[#order + 1] = event
        end
        add(event, symbol, passed)
      end
      if first then
        remaining = remaining or {}
        remaining[symbol] = rest
        first_remaining = math.min(first_remaining or first, first)
      end
    end
    if remaining then
      -- The rest is due about when its first slot begins; a break of the day makes it due earlier, and then it waits again. When
      -- that slot begins at the clock, or is on a later day, the rest is due 1 ms after the clock: as soon as the clock moves.
      local ahead = date == today and math.max((first_remaining - closed) * slot_ms, 1) or 1
      redis.call('ZADD', KEYS[2], clock + ahead, id .. ' ' .. type .. ' ' .. date .. ' ' .. cjson.encode(remaining))
    end
  end
end

for _, event in ipairs(order) do
  if event.type then
    local is_derived, texts = event.type == 'derived', {}
    table.sort(event.names)
    for i, symbol in ipairs(event.names) do
      texts[i] = '"' .. symbol .. '"' .. (is_derived and '' or ':' .. event.values[symbol])
    end
    local list = table.concat(texts, ',')
    redis.call('XADD', KEYS[3], 'MAXLEN', '~', events_kept, '*', 'type', event.type, 'date', event.date,
      'symbols', is_derived and '[' .. list .. ']' or '{' .. list .. '}')
  else
    redis.call('XADD', KEYS[3], 'MAXLEN', '~', events_kept, '*', unpack(event))
  end
end
return 'published'
