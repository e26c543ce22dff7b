/**
 * Write one window of all symbols of a partition and move its frontier: all of it or nothing. Everything is checked
 * before the first write, because Lua does not roll back. A window that is already in the store is left as it is.
 *
 * Two scripts for two sizes, since Lua reads each byte of what it is given to make a string of it: for whole days that is most of
 * what a flush costs (docs/performance.md).
 */
import { Script } from '../redis/index.js';

/**
 * With what both begin: KEYS meta, refused; ARGV incarnation, epoch, owner, frontier before, frontier after, chunk bytes, bars
 * written, number of refusals r, r × (field, count). `first` is the first argument after those.
 */
const CHECK = `
local m = redis.call('HMGET', KEYS[1], 'epoch', 'owner', 'frontier', 'control', 'incarnation')
if m[5] ~= ARGV[1] then return refuse({'lost'}) end
if m[1] ~= ARGV[2] or m[2] ~= ARGV[3] then return refuse({'fenced'}) end
local frontier = tonumber(m[3])
if frontier >= tonumber(ARGV[5]) then return refuse({'done', m[3], m[4]}) end
if frontier ~= tonumber(ARGV[4]) then return refuse({'rewind', m[3], m[4]}) end
local total, refusals = tonumber(ARGV[6]), tonumber(ARGV[8])
local first = 9 + 2 * refusals
`;

/** A command a slot costs less than to read, merge and write the bitmap up to here. */
const SLOTS_BIT_BY_BIT = 3;

/** With what both end. */
const MOVE = `
for r = 0, refusals - 1 do redis.call('HINCRBY', KEYS[2], ARGV[9 + 2 * r], ARGV[10 + 2 * r]) end
redis.call('HINCRBY', KEYS[1], 'streamed', ARGV[7])
redis.call('HSET', KEYS[1], 'frontier', ARGV[5])
return {'written', ARGV[5], m[4]}
`;

/**
 * Some slots of a day. KEYS as above, then a chunk a symbol. ARGV as above, then first slot, number of slots, first record byte;
 * the bitmap bytes in which the slots lie, of one symbol after the other, with no other bits set; the records, likewise.
 * Answers { verdict, frontier, control }.
 */
export const FLUSH_SLOTS = new Script(`
local function refuse(reply) return reply end
${CHECK}
local first_slot, slots = tonumber(ARGV[first]), tonumber(ARGV[first + 1])
local bits, records = ARGV[first + 3], ARGV[first + 4]
local bitmap_at = math.floor(first_slot / 8)
local bits_each, records_each = math.floor((first_slot + slots + 7) / 8) - bitmap_at, 48 * slots
local symbols = #KEYS - 2
if #bits ~= symbols * bits_each or #records ~= symbols * records_each then
  return redis.error_reply('flush: expected ' .. symbols .. ' symbols with ' .. slots .. ' slots each')
end

local call, sub, byte, band = redis.call, string.sub, string.byte, bit.band
-- Numbers that go to Redis for each symbol are strings: to print one costs as much as the command.
local record_at, masks, places, slot_names = ARGV[first + 2], {}, {}, {}
for s = 1, slots do
  slot_names[s] = tostring(first_slot + s - 1)
  masks[s] = bit.rshift(0x80, (first_slot + s - 1) % 8)
  places[s] = math.floor((first_slot + s - 1) / 8) - bitmap_at + 1
end
for i = 0, symbols - 1 do
  local key, at, bits_at = KEYS[i + 3], i * records_each, i * bits_each
  if call('SETRANGE', key, record_at, sub(records, at + 1, at + records_each)) < total then
    call('SETRANGE', key, total - 1, '\0')
  end
  if slots <= ${SLOTS_BIT_BY_BIT} then
    for s = 1, slots do
      if band(byte(bits, bits_at + places[s]), masks[s]) ~= 0 then call('SETBIT', key, slot_names[s], '1') end
    end
  else
    local there = call('GETRANGE', key, bitmap_at, bitmap_at + bits_each - 1)
    local merged = {}
    for b = 1, bits_each do merged[b] = string.char(bit.bor(there:byte(b), bits:byte(bits_at + b))) end
    call('SETRANGE', key, bitmap_at, table.concat(merged))
  end
end
${MOVE}`);

/**
 * Whole days, which are already there under other names: written in the same transaction, so that nobody ever sees those names,
 * and nothing stays of them when this refuses. KEYS as above, then a staged chunk a symbol, then a chunk a symbol in the same order.
 * ARGV as above. Answers { verdict, frontier, control }.
 */
export const FLUSH_DAYS = new Script(`
local symbols = (#KEYS - 2) / 2
local function refuse(reply)
  for i = 3, symbols + 2 do redis.call('UNLINK', KEYS[i]) end
  return reply
end
${CHECK}
-- A call for each would cost as much as the renaming; they are of one length, for they came in one command.
local there = 0
for i = 3, symbols + 2, 1000 do there = there + redis.call('EXISTS', unpack(KEYS, i, math.min(i + 999, symbols + 2))) end
if there ~= symbols or redis.call('STRLEN', KEYS[3]) ~= total then
  return refuse(redis.error_reply('flush: expected ' .. symbols .. ' chunks of ' .. total .. ' bytes'))
end

for i = 3, symbols + 2 do redis.call('RENAME', KEYS[i], KEYS[i + symbols]) end
${MOVE}`);
