/** Scripts of whoever streams a session: they begin and take over a store, and set what it should do next. */
import { Script } from '../redis/index.js';

/** Creates a partition's meta hash unless it is there. KEYS meta; ARGV incarnation, epoch, owner, start, spec, history days, version and JSON of what changed of its symbols ('0', '' for nothing). */
export const INIT = new Script(`
local there = redis.call('HGET', KEYS[1], 'incarnation')
if there then
  if there == ARGV[1] then return 'exists' end
  return 'other'
end
redis.call('HSET', KEYS[1], 'incarnation', ARGV[1], 'epoch', ARGV[2], 'owner', ARGV[3],
  'frontier', ARGV[4], 'watermark', ARGV[4], 'clock', ARGV[4], 'control', 'run', 'spec', ARGV[5], 'historyDays', ARGV[6])
if ARGV[7] ~= '0' then redis.call('HSET', KEYS[1], 'version', ARGV[7], 'symbols', ARGV[8]) end
return 'created'
`);

/**
 * Takes a partition over. Epochs come from Postgres and only grow; the same claim again is harmless.
 * KEYS meta; ARGV incarnation, epoch, owner. Answers { verdict, frontier, clock }.
 */
export const CLAIM = new Script(`
local m = redis.call('HMGET', KEYS[1], 'incarnation', 'epoch', 'owner', 'frontier', 'clock')
if m[1] ~= ARGV[1] then return {'lost'} end
if tonumber(m[2]) > tonumber(ARGV[2]) then return {'fenced'} end
if m[2] == ARGV[2] and m[3] ~= ARGV[3] then return {'fenced'} end
redis.call('HSET', KEYS[1], 'epoch', ARGV[2], 'owner', ARGV[3])
return {'claimed', m[4], m[5]}
`);

/** Removes a partition's meta hash if it is that of this session. KEYS meta; ARGV incarnation. */
export const FORGET = new Script(`
if (redis.call('HGET', KEYS[1], 'incarnation') or ''):match('^[^+]*') ~= ARGV[1] then return 'other' end
redis.call('UNLINK', KEYS[1])
return 'forgotten'
`);

/** Says what the stream should do next: run, pause or stop. KEYS meta; ARGV incarnation, control, wake channel. */
export const CONTROL = new Script(`
if (redis.call('HGET', KEYS[1], 'incarnation') or ''):match('^[^+]*') ~= ARGV[1] then return 'gone' end
redis.call('HSET', KEYS[1], 'control', ARGV[2])
redis.call('PUBLISH', ARGV[3], 'control')
return 'set'
`);
