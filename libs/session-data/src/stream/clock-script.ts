/** Scripts of whoever moves a session's clock: the clock and its events, the stream's figures, days that timed out. */
import { Script } from '../redis/index.js';

/**
 * Moves the clock and appends what that causes to the event stream, once: every event has a number that only grows, and
 * one that was said before is left out, so the same call again, or by whoever takes over, says nothing twice.
 * KEYS meta, events, stream of partition 0; ARGV incarnation, epoch, owner, to, least clock, times that consumers had
 *   joined or '', limit of events kept, number of the session's first event, number of figures f, f × (field, value), then an event: number, JSON array of its fields
 *   and values.
 * Answers { verdict, control, version of the symbols }: a stream that knows an older list of symbols may move the clock, and
 * has to learn of the newer one; one that does not know of a consumer that joined may not.
 */
export const MOVE_CLOCK = new Script(`
local m = redis.call('HMGET', KEYS[1], 'epoch', 'owner', 'frontier', 'clock', 'control', 'incarnation', 'said', 'version', 'joins')
if (m[6] or ''):match('^[^+]*') ~= ARGV[1] then return {'lost'} end
if m[1] ~= ARGV[2] or m[2] ~= ARGV[3] then return {'fenced'} end
local to = tonumber(ARGV[4])
if to > tonumber(m[3]) or tonumber(m[4]) < tonumber(ARGV[5]) then return {'set-back', m[3]} end
if ARGV[6] ~= '' and ARGV[6] ~= (m[9] or '0') then return {'joined'} end
if to > tonumber(m[4]) then redis.call('HSET', KEYS[1], 'clock', ARGV[4]) end
local at = 10
for _ = 1, tonumber(ARGV[9]) do
  redis.call('HSET', KEYS[3], ARGV[at], ARGV[at + 1])
  at = at + 2
end
local before = tonumber(m[7] or ARGV[8])
local said = before
while at < #ARGV do
  local number = tonumber(ARGV[at])
  if number > said then
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[7], '*', unpack(cjson.decode(ARGV[at + 1])))
    said = number
  end
  at = at + 2
end
if said > before then redis.call('HSET', KEYS[1], 'said', string.format('%.0f', said)) end
return {'moved', m[5], m[8] or '0'}
`);

/**
 * Marks a day whose source was silent too long, and says so once.
 * KEYS meta, events, stream of partition 0; ARGV incarnation, epoch, owner, date, limit of events kept, fields and values of
 *   the event. Answers { verdict }.
 */
export const MARK_TIMED_OUT = new Script(`
local m = redis.call('HMGET', KEYS[1], 'incarnation', 'epoch', 'owner')
if m[1] ~= ARGV[1] then return {'lost'} end
if m[2] ~= ARGV[2] or m[3] ~= ARGV[3] then return {'fenced'} end
if redis.call('HSETNX', KEYS[3], 'timed-out ' .. ARGV[4], '1') == 1 then
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[5], '*', unpack(ARGV, 6))
end
return {'marked'}
`);
