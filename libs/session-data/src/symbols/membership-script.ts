/**
 * Scripts by which symbols come to a session and leave it. A partition's meta hash names its incarnation with the version
 * in which its symbols last changed, `incarnation+version`, so that every script of somebody who does not know of that
 * change is refused. All are run by whoever holds the session's lock in Postgres, and each may be run again.
 */
import { Script } from '../redis/index.js';

/** Counters of a partition's meta hash, in the order in which {@link DROP} takes them. */
export const COUNTERS = ['streamed', 'backfilled', 'noTrade', 'unfillable', 'absent'] as const;

const STAMP = `
local function own(stamp, incarnation) return (stamp or ''):match('^[^+]*') == incarnation end
local function version(stamp) return tonumber(stamp:match('%+(%d+)$') or 0) end
local counters = { ${COUNTERS.map((name) => `'${name}'`).join(', ')} }
`;

/**
 * Begins the partition of a symbol that comes, or one that is vacant anew. KEYS meta; ARGV incarnation, version,
 * start, history days, and when days left the session already: open of the oldest day that is kept, start again; else '', ''.
 */
export const JOIN = new Script(`${STAMP}
local there = redis.call('HGET', KEYS[1], 'incarnation')
if there then
  if not own(there, ARGV[1]) then return 'other' end
  if version(there) >= tonumber(ARGV[2]) then return 'exists' end
  redis.call('HDEL', KEYS[1], 'retainedFrom', 'retiredTo', 'begun', unpack(counters))
else
  redis.call('HSET', KEYS[1], 'epoch', 0, 'owner', '', 'control', 'run')
end
redis.call('HSET', KEYS[1], 'incarnation', ARGV[1] .. '+' .. ARGV[2], 'frontier', ARGV[3], 'watermark', ARGV[3], 'clock', ARGV[3], 'historyDays', ARGV[4])
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'retainedFrom', ARGV[5], 'retiredTo', ARGV[5], 'begun', ARGV[6]) end
return 'begun'
`);

/**
 * Makes a new list of symbols the session's: all who read learn of it from here. Symbols that come are joining: readers
 * see none of them. KEYS meta of partition 0; ARGV incarnation, version, JSON of the list, JSON of what has to be removed or
 * '', wake channel, number of symbols that leave, those, then those that come.
 */
export const SWITCH = new Script(`${STAMP}
local m = redis.call('HMGET', KEYS[1], 'incarnation', 'version', 'joining')
if not own(m[1], ARGV[1]) then return 'gone' end
if tonumber(m[2] or 0) >= tonumber(ARGV[2]) then return 'there' end
local leave, joining = {}, {}
for i = 7, 6 + tonumber(ARGV[6]) do leave[ARGV[i]] = true end
for symbol in (m[3] or ''):gmatch('%S+') do
  if not leave[symbol] then joining[#joining + 1] = symbol end
end
for i = 7 + tonumber(ARGV[6]), #ARGV do joining[#joining + 1] = ARGV[i] end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'symbols', ARGV[3], 'joining', table.concat(joining, ' '))
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'leaving', ARGV[4]) end
redis.call('PUBLISH', ARGV[5], 'symbols')
return 'switched'
`);

/**
 * Shuts a partition to all who do not know that a symbol left it. With nobody left in it, what is not of a day goes too.
 * KEYS meta, retry, dirty, errors, refused, history, told; ARGV incarnation, version, '1' when it is vacant,
 * `retiredTo` as it was read, slots that those who left had before that. Answers 'moved' when a day has left since: read it again.
 */
export const RESTAMP = new Script(`${STAMP}
local there = redis.call('HGET', KEYS[1], 'incarnation')
if not own(there, ARGV[1]) then return 'gone' end
if version(there) >= tonumber(ARGV[2]) then return 'there' end
if (redis.call('HGET', KEYS[1], 'retiredTo') or '') ~= ARGV[4] then return 'moved' end
redis.call('HSET', KEYS[1], 'incarnation', ARGV[1] .. '+' .. ARGV[2])
if ARGV[3] ~= '1' and ARGV[5] ~= '0' then redis.call('HINCRBY', KEYS[1], 'leftSlots', ARGV[5]) end
if ARGV[3] == '1' then
  redis.call('UNLINK', KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7])
  redis.call('HDEL', KEYS[1], unpack(counters))
end
return 'stamped'
`);

/**
 * Removes days of a symbol that left, and takes its slots out of the partition's counters, once: a day without keys is
 * done. KEYS meta, retry, dirty, errors, refused, history, told, then k a day: states, base chunk, derived chunks.
 * ARGV incarnation, version, symbol, '1' when it is counted, k, then a day: date, its number in each counter.
 */
export const DROP = new Script(`${STAMP}
local there = redis.call('HGET', KEYS[1], 'incarnation')
if not own(there, ARGV[1]) then return 'gone' end
if version(there) < tonumber(ARGV[2]) then return redis.error_reply('drop: expected a partition that was stamped') end
local symbol, k, at = ARGV[3], tonumber(ARGV[5]), 6
for i = 8, #KEYS, k do
  local member = ARGV[at] .. ' ' .. symbol
  if ARGV[4] == '1' and redis.call('EXISTS', KEYS[i], KEYS[i + 1]) > 0 then
    for c, name in ipairs(counters) do
      if ARGV[at + c] ~= '0' then redis.call('HINCRBY', KEYS[1], name, '-' .. ARGV[at + c]) end
    end
  end
  for key = i, i + k - 1 do redis.call('UNLINK', KEYS[key]) end
  redis.call('ZREM', KEYS[2], member)
  redis.call('SREM', KEYS[3], member)
  redis.call('HDEL', KEYS[4], member)
  redis.call('HDEL', KEYS[7], member)
  at = at + 1 + #counters
end
redis.call('HDEL', KEYS[6], symbol)
for _, field in ipairs(redis.call('HKEYS', KEYS[5])) do
  if field:sub(1, #symbol + 1) == symbol .. ' ' then redis.call('HDEL', KEYS[5], field) end
end
return 'dropped'
`);

/** Notes that all that had to be removed is. KEYS meta of partition 0; ARGV incarnation, what it was. */
export const LEFT = new Script(`${STAMP}
local m = redis.call('HMGET', KEYS[1], 'incarnation', 'leaving')
if own(m[1], ARGV[1]) and m[2] == ARGV[2] then redis.call('HDEL', KEYS[1], 'leaving') end
return 'noted'
`);

/**
 * Shows symbols to readers that are whole up to the clock. KEYS meta of partition 0; ARGV incarnation, epoch, owner, version
 * of the list, time up to which they are whole, then the symbols. Refused when the list changed meanwhile: a symbol of the
 * same name may be another, that has just come.
 */
export const JOINED = new Script(`${STAMP}
local m = redis.call('HMGET', KEYS[1], 'incarnation', 'epoch', 'owner', 'version', 'clock', 'joining')
if not own(m[1], ARGV[1]) then return 'lost' end
if m[2] ~= ARGV[2] or m[3] ~= ARGV[3] then return 'fenced' end
if (m[4] or '0') ~= ARGV[4] or tonumber(m[5]) > tonumber(ARGV[5]) then return 'not-yet' end
local whole, joining = {}, {}
for i = 6, #ARGV do whole[ARGV[i]] = true end
for symbol in (m[6] or ''):gmatch('%S+') do
  if not whole[symbol] then joining[#joining + 1] = symbol end
end
redis.call('HSET', KEYS[1], 'joining', table.concat(joining, ' '))
return 'joined'
`);
