/**
 * Scripts by which finished days leave a store, and by which a session notes what its history holds. First RETAIN says
 * from which day on the partition is kept: from then on readers stop there and no script of upkeep writes before it.
 * Then RETIRE removes what lies before, a batch at a time. Both are fenced: a zombie must not take the days of a session
 * that was made anew under the same id.
 *
 * A flush needs no such check: it writes at the frontier alone, and RETAIN never goes past that.
 */
import { Script } from '../redis/index.js';

const FENCED = `
local m = redis.call('HMGET', KEYS[1], 'incarnation', 'epoch', 'owner', 'frontier', 'retainedFrom', 'retiredTo')
if m[1] ~= ARGV[1] then return {'lost'} end
if m[2] ~= ARGV[2] or m[3] ~= ARGV[3] then return {'fenced'} end
`;

/**
 * Moves the first kept time forward, never back. KEYS meta; ARGV incarnation, epoch, owner, open of the oldest kept day.
 * Answers { verdict, retiredTo: the open of the oldest day that is not wholly removed, '' when none is yet }.
 */
export const RETAIN = new Script(`${FENCED}
if tonumber(ARGV[4]) > tonumber(m[4]) then return {'beyond-frontier', m[4]} end
if tonumber(ARGV[4]) > tonumber(m[5] or 0) then redis.call('HSET', KEYS[1], 'retainedFrom', ARGV[4]) end
return {'retained', m[6] or ''}
`);

/**
 * Removes keys and members of one day that is no longer kept. KEYS meta, retry, dirty, errors, told, then what is removed;
 * ARGV incarnation, epoch, owner, open of the day, open of the next day when this is the last batch or '', date, member …
 */
export const RETIRE = new Script(`${FENCED}
if tonumber(ARGV[4]) >= tonumber(m[5] or 0) then return redis.error_reply('retire: expected a day before retainedFrom') end
for i = 6, #KEYS do redis.call('UNLINK', KEYS[i]) end
redis.call('HDEL', KEYS[5], ARGV[6])
for i = 7, #ARGV do
  redis.call('ZREM', KEYS[2], ARGV[i])
  redis.call('SREM', KEYS[3], ARGV[i])
  redis.call('HDEL', KEYS[4], ARGV[i])
  redis.call('HDEL', KEYS[5], ARGV[i])
end
if ARGV[5] ~= '' and tonumber(ARGV[5]) > tonumber(m[6] or 0) then redis.call('HSET', KEYS[1], 'retiredTo', ARGV[5]) end
return {'retired'}
`);

/** Notes how many bars each symbol's history has. KEYS meta, history; ARGV incarnation, epoch, owner, then symbol, bars … */
export const NOTE_HISTORY = new Script(`${FENCED}
for i = 4, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
return {'noted'}
`);
