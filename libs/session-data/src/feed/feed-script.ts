/**
 * Scripts of a session that is fed. Whoever feeds holds no fence: bars of one symbol go straight into their slots, bound
 * to the partition's incarnation, and bars at or after the frontier are staged, stored but in no count. Whoever streams
 * the session moves the frontier over them, fenced, and counts them then. So every bar is counted once, wherever it came
 * from and however often it is sent.
 */
import { Script } from '../redis/index.js';

/**
 * Writes bars of one symbol, of one or several days, and notes how far its stream has come. A slot that is filled keeps
 * its bar: an equal one is a duplicate, another one a conflict. A bar before the frontier is late: what was learned of
 * its empty slot is taken out of the counts and the state says that it was filled late, so that an answer of a repository
 * that was worked out before is refused. Days that are no longer kept take nothing.
 * KEYS meta, feed, refused, dirty, retry, events, then a day: chunk, states.
 * ARGV incarnation, symbol, name of this batch, time reached or '', '1' when the stream ends, limit of events kept, wake channel,
 *      state of a slot that was filled late, number of refusals f, f × (field, count), then a day: date, open, chunk bytes, bitmap bytes,
 *      slots, places (each u32 slot, f64 close time), records.
 * Answers { verdict, 'accepted duplicates late retainedFrom index-of-a-conflict …' }; the same batch again gets the same answer.
 */
export const FEED = new Script(`
local m = redis.call('HMGET', KEYS[1], 'incarnation', 'frontier', 'retainedFrom')
if m[1] ~= ARGV[1] then return {'lost'} end
local symbol, frontier, kept = ARGV[2], tonumber(m[2]), tonumber(m[3] or 0)
local known = redis.call('HMGET', KEYS[2], symbol .. ' batch', symbol .. ' answer', symbol .. ' reached', symbol .. ' ended')
if known[1] == ARGV[3] then return {'fed', known[2]} end

local function has(bits, slot)
  return bit.band(bits:byte(math.floor(slot / 8) + 1) or 0, bit.rshift(128, slot % 8)) ~= 0
end

local refusals = tonumber(ARGV[9])
local at, index = 10 + 2 * refusals, 0
local accepted, duplicates, late = 0, 0, 0
local answer, plan = {}, {}
for i = 7, #KEYS, 2 do
  local day = { chunk = KEYS[i], states = KEYS[i + 1], date = ARGV[at], total = tonumber(ARGV[at + 2]), bytes = tonumber(ARGV[at + 3]),
    slots = tonumber(ARGV[at + 4]), fresh = {}, late = {}, low = math.huge, high = -1 }
  local places, records = ARGV[at + 5], ARGV[at + 6]
  local count = #places / 12
  if count % 1 ~= 0 or #records ~= count * 48 then return redis.error_reply('feed: records and places of different lengths') end
  if tonumber(ARGV[at + 1]) >= kept then
    day.bits = redis.call('GETRANGE', day.chunk, 0, day.bytes - 1)
    local stored
    for n = 0, count - 1 do
      local slot, close = struct.unpack('<I4d', places, 12 * n + 1)
      if slot >= day.slots then return redis.error_reply('feed: a slot beyond the day') end
      local record = records:sub(48 * n + 1, 48 * n + 48)
      local there = day.fresh[slot]
      if not there and has(day.bits, slot) then
        stored = stored or redis.call('GET', day.chunk)
        there = stored:sub(day.bytes + 48 * slot + 1, day.bytes + 48 * slot + 48)
      end
      if not there then
        day.fresh[slot] = record
        day.low, day.high = math.min(day.low, slot), math.max(day.high, slot)
        accepted = accepted + 1
        if close <= frontier then day.late[#day.late + 1] = slot end
      elseif there:sub(1, 40) == record:sub(1, 40) then
        duplicates = duplicates + 1
      else
        answer[#answer + 1] = index + n
      end
    end
    late = late + #day.late
    if day.high >= 0 then plan[#plan + 1] = day end
  end
  index = index + count
  at = at + 7
end

local function write(day)
  if day.bits == '' then redis.call('SETRANGE', day.chunk, day.total - 1, string.char(0)) end
  local from = day.bytes + day.low * 48
  local span = redis.call('GETRANGE', day.chunk, from, day.bytes + (day.high + 1) * 48 - 1)
  local records, bits = {}, {}
  for slot = day.low, day.high do
    local start = (slot - day.low) * 48
    records[#records + 1] = day.fresh[slot] or span:sub(start + 1, start + 48)
  end
  redis.call('SETRANGE', day.chunk, from, table.concat(records))
  for b = 1, day.bytes do bits[b] = day.bits:byte(b) or 0 end
  for slot in pairs(day.fresh) do
    local b = math.floor(slot / 8) + 1
    bits[b] = bit.bor(bits[b], bit.rshift(128, slot % 8))
  end
  for b = 1, day.bytes do bits[b] = string.char(bits[b]) end
  redis.call('SETRANGE', day.chunk, 0, table.concat(bits))
end

local function counter(state)
  if state == 200 then return 'unfillable' end
  if state == 201 then return 'noTrade' end
  if state > 0 and (state <= 199 or state == 203) then return 'absent' end
end

local function settle(day)
  local states = redis.call('GET', day.states) or string.rep(string.char(0), day.slots)
  local is_late, after, is_asked = {}, {}, false
  for _, slot in ipairs(day.late) do
    is_late[slot] = true
    local name = counter(states:byte(slot + 1))
    if name then redis.call('HINCRBY', KEYS[1], name, -1) end
  end
  for slot = 0, day.slots - 1 do
    local state = states:byte(slot + 1)
    if is_late[slot] then state = tonumber(ARGV[8])
    elseif state > 0 and state <= 199 then is_asked = true end
    after[slot + 1] = string.char(state)
  end
  local member = day.date .. ' ' .. symbol
  redis.call('SET', day.states, table.concat(after))
  if not is_asked then redis.call('ZREM', KEYS[5], member) end
  redis.call('SADD', KEYS[4], member)
  redis.call('HINCRBY', KEYS[1], 'streamed', #day.late)
  redis.call('XADD', KEYS[6], 'MAXLEN', '~', ARGV[6], '*', 'type', 'late-bars', 'date', day.date,
    'symbols', cjson.encode({ [symbol] = #day.late }))
end

for _, day in ipairs(plan) do
  write(day)
  if #day.late > 0 then settle(day) end
end
for r = 1, refusals do redis.call('HINCRBY', KEYS[3], ARGV[8 + 2 * r], ARGV[9 + 2 * r]) end
if #answer > 0 then redis.call('HINCRBY', KEYS[3], symbol .. ' conflict', #answer) end
local text = table.concat({ accepted, duplicates, late, m[3] or '0', unpack(answer) }, ' ')
local time = redis.call('TIME')
local heard = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('HSET', KEYS[2], symbol .. ' heard', heard, symbol .. ' batch', ARGV[3], symbol .. ' answer', text)
local is_moved = ARGV[4] ~= '' and tonumber(ARGV[4]) > tonumber(known[3] or '-inf')
if is_moved then redis.call('HSET', KEYS[2], symbol .. ' reached', ARGV[4]) end
if ARGV[5] == '1' then redis.call('HSET', KEYS[2], symbol .. ' ended', '1') end
if is_moved or ARGV[5] == '1' then redis.call('PUBLISH', ARGV[7], 'feed') end
return {'fed', text}
`);

/**
 * Moves a partition's frontier over slots of one day, and counts the bars that lie in them.
 * KEYS meta, then a chunk a symbol; ARGV incarnation, epoch, owner, frontier before, frontier after, first slot, slot after the last.
 * Answers { verdict, frontier, control, bars }.
 */
export const ADVANCE = new Script(`
local m = redis.call('HMGET', KEYS[1], 'incarnation', 'epoch', 'owner', 'frontier', 'control')
if m[1] ~= ARGV[1] then return {'lost'} end
if m[2] ~= ARGV[2] or m[3] ~= ARGV[3] then return {'fenced'} end
local frontier = tonumber(m[4])
if frontier >= tonumber(ARGV[5]) then return {'done', m[4], m[5]} end
if frontier ~= tonumber(ARGV[4]) then return {'rewind', m[4]} end
local bars = 0
for i = 2, #KEYS do bars = bars + redis.call('BITCOUNT', KEYS[i], ARGV[6], tonumber(ARGV[7]) - 1, 'BIT') end
redis.call('HINCRBY', KEYS[1], 'streamed', bars)
redis.call('HSET', KEYS[1], 'frontier', ARGV[5])
return {'advanced', ARGV[5], m[5], bars}
`);

/**
 * Says once that a stream fell silent.
 * KEYS meta, events, stream of partition 0; ARGV incarnation, epoch, owner, symbol, when it was last heard, limit of events kept.
 */
export const NOTE_SILENT = new Script(`
local m = redis.call('HMGET', KEYS[1], 'incarnation', 'epoch', 'owner', 'frontier')
if m[1] ~= ARGV[1] then return 'lost' end
if m[2] ~= ARGV[2] or m[3] ~= ARGV[3] then return 'fenced' end
local field = 'silent ' .. ARGV[4]
if redis.call('HGET', KEYS[3], field) ~= ARGV[5] then
  redis.call('HSET', KEYS[3], field, ARGV[5])
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[6], '*', 'type', 'stream-silent', 'time', m[4], 'symbol', ARGV[4])
end
return 'noted'
`);
