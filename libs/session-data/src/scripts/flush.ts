/**
 * Writes one window of all symbols of a partition and moves its frontier: all of it or nothing. Everything is checked
 * before the first write, because Lua does not roll back. A window that is already in the store is left as it is.
 */
import { Script } from './script.js';

/**
 * KEYS meta, refused, then a chunk a symbol.
 * ARGV incarnation, epoch, owner, frontier before, frontier after, chunk bytes, first bitmap byte, first record byte, record bytes,
 *      bars written, number of refusals r, r × (field, count), then a symbol: bitmap bytes, records (whole days: chunk, '').
 * Answers { verdict, frontier, control }.
 */
export const FLUSH = new Script(`
local m = redis.call('HMGET', KEYS[1], 'epoch', 'owner', 'frontier', 'control', 'incarnation')
if m[5] ~= ARGV[1] then return {'lost'} end
if m[1] ~= ARGV[2] or m[2] ~= ARGV[3] then return {'fenced'} end
local frontier = tonumber(m[3])
if frontier >= tonumber(ARGV[5]) then return {'done', m[3], m[4]} end
if frontier ~= tonumber(ARGV[4]) then return {'rewind', m[3], m[4]} end

local total, bitmap_at, record_at, record_bytes = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local refusals = tonumber(ARGV[11])
local first = 12 + 2 * refusals
local whole = record_bytes == 0
if #ARGV ~= first - 1 + 2 * (#KEYS - 2) then return redis.error_reply('flush: expected two values a chunk') end
for i = 3, #KEYS do
  local bits, records = ARGV[first + 2 * (i - 3)], ARGV[first + 2 * (i - 3) + 1]
  if (whole and #bits ~= total) or (not whole and #records ~= record_bytes) then
    return redis.error_reply('flush: a chunk of the wrong length')
  end
end

for i = 3, #KEYS do
  local bits, records = ARGV[first + 2 * (i - 3)], ARGV[first + 2 * (i - 3) + 1]
  if whole then
    redis.call('SET', KEYS[i], bits)
  else
    if redis.call('SETRANGE', KEYS[i], record_at, records) < total then
      redis.call('SETRANGE', KEYS[i], total - 1, string.char(0))
    end
    local there = redis.call('GETRANGE', KEYS[i], bitmap_at, bitmap_at + #bits - 1)
    local merged = {}
    for b = 1, #bits do merged[b] = string.char(bit.bor(there:byte(b), bits:byte(b))) end
    redis.call('SETRANGE', KEYS[i], bitmap_at, table.concat(merged))
  end
end
for r = 0, refusals - 1 do redis.call('HINCRBY', KEYS[2], ARGV[12 + 2 * r], ARGV[13 + 2 * r]) end
redis.call('HINCRBY', KEYS[1], 'streamed', ARGV[10])
redis.call('HSET', KEYS[1], 'frontier', ARGV[5])
return {'written', ARGV[5], m[4]}
`);
