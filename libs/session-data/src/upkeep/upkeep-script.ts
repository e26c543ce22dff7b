/**
 * Scripts of the upkeep workers. They are bound to a session's incarnation, so that a job of a deleted session writes
 * nothing (I9), and each compares what its answer was worked out from with what is stored now.
 */
import { TELL } from '../events/index.js';
import { Script } from '../redis/index.js';

/**
 * Fills empty slots and records what was learned of the others, symbol by symbol. A symbol whose states changed since
 * they were read, or one of whose slots is no longer empty, is refused and left as it is; all are when the store was set
 * back to before the slots that were treated, for the stream would write over them. A day that is no longer kept stays gone.
 * What was written is said in the partition's events, by the same call.
 * KEYS meta, retry, dirty, errors, refused, events, then a symbol: chunk, states.
 * ARGV incarnation, chunk bytes, bitmap bytes, least frontier, open of the day, limit of events kept, number of refusals f, f × (field, count), then a symbol: member, states before, states after, due time or '',
 *      changes of backfilled, noTrade, unfillable, absent, JSON of the slots that were settled or '', number of runs r, r × (first slot, records).
 * Answers { verdict, member of each refused symbol … }.
 */
export const FILL = new Script(`
local m = redis.call('HMGET', KEYS[1], 'incarnation', 'frontier', 'retainedFrom')
if m[1] ~= ARGV[1] then return {'gone'} end
if tonumber(ARGV[5]) < tonumber(m[3] or 0) then return {'done'} end
local total, bitmap_bytes = tonumber(ARGV[2]), tonumber(ARGV[3])
local is_set_back = tonumber(m[2]) < tonumber(ARGV[4])
local refusals = tonumber(ARGV[7])
local at, plan, answer = 8 + 2 * refusals, {}, {'done'}

local function empty(bits, from, count)
  for slot = from, from + count - 1 do
    local byte = bits:byte(math.floor(slot / 8) + 1) or 0
    if bit.band(byte, bit.rshift(128, slot % 8)) ~= 0 then return false end
  end
  return true
end

for i = 7, #KEYS, 2 do
  local symbol = { chunk = KEYS[i], states = KEYS[i + 1], member = ARGV[at], before = ARGV[at + 1], after = ARGV[at + 2],
    due = ARGV[at + 3], counts = { ARGV[at + 4], ARGV[at + 5], ARGV[at + 6], ARGV[at + 7] }, settled = ARGV[at + 8], runs = {} }
  local runs = tonumber(ARGV[at + 9])
  at = at + 10
  for r = 1, runs do
    symbol.runs[r] = { from = tonumber(ARGV[at]), records = ARGV[at + 1] }
    at = at + 2
  end
  local states = redis.call('GET', symbol.states) or ''
  local bits = redis.call('GETRANGE', symbol.chunk, 0, bitmap_bytes - 1)
  local fits = states == symbol.before and not is_set_back
  for _, run in ipairs(symbol.runs) do fits = fits and empty(bits, run.from, #run.records / 48) end
  if fits then
    symbol.bits = bits
    plan[#plan + 1] = symbol
  elseif states ~= symbol.after then
    answer[#answer + 1] = symbol.member
  end
end

if #plan > 0 then
  for r = 1, refusals do redis.call('HINCRBY', KEYS[5], ARGV[6 + 2 * r], ARGV[7 + 2 * r]) end
end
local names = { 'backfilled', 'noTrade', 'unfillable', 'absent' }
local date, filled, settled = '', {}, {}
for _, symbol in ipairs(plan) do
  local name, bars = symbol.member:sub(12), 0
  date = symbol.member:sub(1, 10)
  for _, run in ipairs(symbol.runs) do bars = bars + #run.records / 48 end
  if bars > 0 then filled[#filled + 1] = '"' .. name .. '":' .. bars end
  if symbol.settled ~= '' then settled[#settled + 1] = '"' .. name .. '":' .. symbol.settled end
  if #symbol.runs > 0 then
    if symbol.bits == '' then redis.call('SETRANGE', symbol.chunk, total - 1, string.char(0)) end
    local bytes = {}
    for b = 1, bitmap_bytes do bytes[b] = symbol.bits:byte(b) or 0 end
    for _, run in ipairs(symbol.runs) do
      redis.call('SETRANGE', symbol.chunk, bitmap_bytes + run.from * 48, run.records)
      for slot = run.from, run.from + #run.records / 48 - 1 do
        local b = math.floor(slot / 8) + 1
        bytes[b] = bit.bor(bytes[b], bit.rshift(128, slot % 8))
      end
    end
    for b = 1, bitmap_bytes do bytes[b] = string.char(bytes[b]) end
    redis.call('SETRANGE', symbol.chunk, 0, table.concat(bytes))
    redis.call('SADD', KEYS[3], symbol.member)
  end
  if symbol.after ~= '' then redis.call('SET', symbol.states, symbol.after) end
  if symbol.due == '' then redis.call('ZREM', KEYS[2], symbol.member)
  else redis.call('ZADD', KEYS[2], symbol.due, symbol.member) end
  redis.call('HDEL', KEYS[4], symbol.member)
  for c, name in ipairs(names) do
    if symbol.counts[c] ~= '0' then redis.call('HINCRBY', KEYS[1], name, symbol.counts[c]) end
  end
end
local function say(type, symbols)
  if #symbols == 0 then return end
  redis.call('XADD', KEYS[6], 'MAXLEN', '~', ARGV[6], '*', 'type', type, 'date', date, 'symbols', '{' .. table.concat(symbols, ',') .. '}')
end
say('gap-filled', filled)
say('gap-settled', settled)
return answer
`);

/**
 * Writes derived chunks that were made from base bars that are still exactly those stored; others are refused and stay
 * dirty. Of a day that is still being streamed only the closed windows are written: another worker may have seen more.
 * Nothing is written of a day that is no longer kept. The day stays dirty when it has bars that this worker has not seen, for one of them may be the repaired one.
 * Symbols of which bytes changed are said in the partition's events; a chunk that is there already is not written again.
 * KEYS meta, dirty, events, then an item: base chunk, d derived chunks.
 * ARGV incarnation, d, open of the day, whole bitmap bytes compared, mask of the byte after them, limit of events kept, d × (bitmap bytes, closed windows),
 *      then an item: member, bits, d chunks.
 * Answers { verdict, member of each refused item … }.
 */
export const DERIVE = new Script(`
local m = redis.call('HMGET', KEYS[1], 'incarnation', 'retainedFrom')
if m[1] ~= ARGV[1] then return {'gone'} end
if tonumber(ARGV[3]) < tonumber(m[2] or 0) then return {'done'} end
local d, bytes, mask = tonumber(ARGV[2]), tonumber(ARGV[4]), tonumber(ARGV[5])
local at, date, written, answer = 7 + 2 * d, '', {}, {'done'}

local function write(key, chunk, bitmap_bytes, windows)
  local length = bitmap_bytes + windows * 48
  local there = redis.call('GETRANGE', key, 0, length - 1)
  if length == #chunk or there == '' then
    if there == chunk then return false end
    redis.call('SET', key, chunk)
    return true
  end
  local merged = {}
  for b = 1, bitmap_bytes do merged[b] = string.char(bit.bor(there:byte(b), chunk:byte(b))) end
  local bytes_now = table.concat(merged) .. chunk:sub(bitmap_bytes + 1, length)
  if bytes_now == there then return false end
  redis.call('SETRANGE', key, 0, bytes_now)
  return true
end

for i = 4, #KEYS, d + 1 do
  local member, bits = ARGV[at], ARGV[at + 1]
  local there = redis.call('GETRANGE', KEYS[i], 0, #bits - 1)
  local same = there:sub(1, bytes) == bits:sub(1, bytes)
    and bit.band(there:byte(bytes + 1) or 0, mask) == bit.band(bits:byte(bytes + 1) or 0, mask)
  if same then
    local changed = false
    for k = 1, d do
      changed = write(KEYS[i + k], ARGV[at + 1 + k], tonumber(ARGV[5 + 2 * k]), tonumber(ARGV[6 + 2 * k])) or changed
    end
    if changed then
      date = member:sub(1, 10)
      written[#written + 1] = '"' .. member:sub(12) .. '"'
    end
    if there == bits then redis.call('SREM', KEYS[2], member) end
  else
    answer[#answer + 1] = member
  end
  at = at + 2 + d
end
if #written > 0 then
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[6], '*', 'type', 'derived', 'date', date, 'symbols', '[' .. table.concat(written, ',') .. ']')
end
return answer
`);

/**
 * Moves a partition's watermark from one time to a later one, never past its frontier. A store that was set back meanwhile
 * is left as it is: what was found to be right between the two times is there no more. Where a day ends its counts are
 * said. KEYS meta, told, events; ARGV incarnation, from, to, wake channel, limit of events kept, then, when a day ends there: date, counts as text,
 * fields and values.
 */
export const WATERMARK = new Script(`${TELL}
local m = redis.call('HMGET', KEYS[1], 'incarnation', 'frontier', 'watermark')
if m[1] ~= ARGV[1] then return 'gone' end
local to, watermark = tonumber(ARGV[3]), tonumber(m[3])
if watermark < tonumber(ARGV[2]) or tonumber(m[2]) < to then return 'set-back' end
if to > watermark then
  redis.call('HSET', KEYS[1], 'watermark', ARGV[3])
  redis.call('PUBLISH', ARGV[4], 'watermark')
  if ARGV[6] then tell(KEYS[2], KEYS[3], ARGV[5], ARGV[6], ARGV[7], unpack(ARGV, 8)) end
end
return 'moved'
`);

/** Keeps the last error of a repository for each symbol's day. KEYS meta, errors; ARGV incarnation, error, open of the day, member … */
export const NOTE_ERROR = new Script(`
local m = redis.call('HMGET', KEYS[1], 'incarnation', 'retainedFrom')
if m[1] ~= ARGV[1] then return 'gone' end
if tonumber(ARGV[3]) < tonumber(m[2] or 0) then return 'retired' end
for i = 4, #ARGV do redis.call('HSET', KEYS[2], ARGV[i], ARGV[2]) end
return 'noted'
`);
