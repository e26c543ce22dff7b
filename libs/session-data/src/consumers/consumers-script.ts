/**
 * Scripts of a session's consumers: they join, say how far they are, leave, and are found silent. Time is that of Redis, so
 * that the clocks of the machines need not agree. A consumer is one field of a hash:
 * `state token time steps bars hash seenAt`. What is said of consumers is said in the script that makes it so.
 */
import { Script } from '../redis/index.js';

/** KEYS meta, consumers, events of partition 0; ARGV incarnation, limit of events kept, wake channel, then what each script says. */
const CONSUMERS = `
local m = redis.call('HMGET', KEYS[1], 'incarnation', 'clock', 'retainedFrom', 'joins', 'gathered')
if (m[1] or ''):match('^[^+]*') ~= ARGV[1] then return {'lost'} end
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
local function parse(text)
  local c = {}
  c.state, c.token, c.time, c.steps, c.bars, c.hash, c.seen = text:match('^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
  return c
end
local function read(name)
  local text = redis.call('HGET', KEYS[2], name)
  return text and parse(text)
end
local function write(name, c)
  redis.call('HSET', KEYS[2], name, table.concat({ c.state, c.token, c.time, c.steps, c.bars, c.hash, c.seen }, ' '))
end
local function seen(c) c.seen = string.format('%.0f', now) end
local function say(type, name, c, ...)
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[2], '*', 'type', type, 'time', m[2], 'consumer', name, 'position', c.time, ...)
end
-- The lowest time of the active ones, and how many there are.
local function lowest(all)
  local low
  local active = 0
  for i = 2, #all, 2 do
    local c = parse(all[i])
    if c.state == 'active' then
      active = active + 1
      if not low or tonumber(c.time) < tonumber(low) then low = c.time end
    end
  end
  return low, active
end
-- With few consumers the news is where the slowest is, so that nobody need ask; among many it is only that there is some.
local function wake()
  local low, active
  -- Those that left are read too, so that there may not be too many of them either.
  if m[5] and redis.call('HLEN', KEYS[2]) <= 128 then low, active = lowest(redis.call('HGETALL', KEYS[2])) end
  if low and active > 32 then low = nil end
  redis.call('PUBLISH', ARGV[3], low and ('consumer ' .. low .. ' ' .. (redis.call('HGET', KEYS[1], 'joins') or '0')) or 'consumer')
end
-- Makes room when all places are taken: of those that left, the one that was seen last the longest ago is forgotten.
local function makeRoom(most)
  if redis.call('HLEN', KEYS[2]) < most then return true end
  local all, oldest, seenAt = redis.call('HGETALL', KEYS[2])
  for i = 1, #all, 2 do
    local c = parse(all[i + 1])
    if c.state == 'left' and (not oldest or tonumber(c.seen) < seenAt) then oldest, seenAt = all[i], tonumber(c.seen) end
  end
  return oldest and redis.call('HDEL', KEYS[2], oldest) == 1
end
local function later(a, b) return tonumber(a) > tonumber(b) and a or b end
`;

/**
 * A consumer joins, or comes back under a new token; the same call again changes nothing.
 * ARGV[4…] name, token, where from ('kept', 'beginning', 'now'), the session's start, number of consumers that it waits for,
 * hash of nothing, most consumers. Answers { 'joined', time, steps, bars, hash } or { 'full' }.
 */
export const JOIN_CONSUMER = new Script(`${CONSUMERS}
local name, token, from = ARGV[4], ARGV[5], ARGV[6]
local c = read(name)
if not c and not makeRoom(tonumber(ARGV[10])) then return {'full'} end
if not c or c.token ~= token then
  if not c or from ~= 'kept' then
    c = { time = later(from == 'now' and m[2] or (m[3] or '0'), ARGV[7]), steps = '0', bars = '0', hash = ARGV[9] }
  end
  c.state, c.token = 'active', token
  seen(c)
  write(name, c)
  redis.call('HINCRBY', KEYS[1], 'joins', 1)
  if redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[8]) then redis.call('HSET', KEYS[1], 'gathered', '1') end
  say('consumer-joined', name, c)
  wake()
end
return {'joined', c.time, c.steps, c.bars, c.hash}
`);

/**
 * A consumer says that it is there and how far it is, or that it leaves. It never goes back; one that was dropped joins again.
 * ARGV[4…] name, token, 'stay' or 'leave', time, steps, bars, hash. Answers { verdict, the session's clock }.
 */
export const ACKNOWLEDGE = new Script(`${CONSUMERS}
local name, leaves = ARGV[4], ARGV[6] == 'leave'
local c = read(name)
if not c then return {'unknown'} end
if c.token ~= ARGV[5] then return {'replaced'} end
if c.state == 'left' and not leaves then return {'unknown'} end
local moves = tonumber(ARGV[7]) > tonumber(c.time)
if moves and tonumber(ARGV[7]) > tonumber(m[2]) then return {'ahead', m[2]} end
if moves then c.time, c.steps, c.bars, c.hash = ARGV[7], ARGV[8], ARGV[9], ARGV[10] end
local before = c.state
c.state = leaves and 'left' or 'active'
seen(c)
write(name, c)
if c.state ~= before then
  if not leaves then redis.call('HINCRBY', KEYS[1], 'joins', 1) end
  if leaves then say('consumer-left', name, c, 'reason', 'left') else say('consumer-joined', name, c) end
end
if moves or c.state ~= before then wake() end
return {'acknowledged', m[2]}
`);

/** Forgets a consumer. ARGV[4] name. Answers { 'removed' } or { 'unknown' }. */
export const REMOVE_CONSUMER = new Script(`${CONSUMERS}
local c = read(ARGV[4])
if not c then return {'unknown'} end
redis.call('HDEL', KEYS[2], ARGV[4])
if c.state ~= 'left' then say('consumer-left', ARGV[4], c, 'reason', 'removed') end
wake()
return {'removed'}
`);

/** Answers { 'consumers', now, then a name and its fields each }. */
export const LIST_CONSUMERS = new Script(`${CONSUMERS}
return {'consumers', string.format('%.0f', now), unpack(redis.call('HGETALL', KEYS[2]))}
`);

/**
 * The lowest time of those that hold the clock; drops the silent ones before, when that is the policy. Whoever asks does so
 * every second: after a longer gap Redis or the stream was away, perhaps nobody could be heard, and for one longest silence
 * from then on nobody is dropped.
 * ARGV[4…] longest silence in ms, 'drop' or 'hold', number of consumers that the session waits for.
 * Answers { 'held' and the time | 'waiting', '' | 'free', '', times that somebody joined }.
 */
export const CONSUMER_LIMIT = new Script(`${CONSUMERS}
local all = redis.call('HGETALL', KEYS[2])
local mercy = false
if ARGV[5] == 'drop' then
  local asked = redis.call('HMGET', KEYS[1], 'limitAskedAt', 'noDropUntil')
  if asked[1] and now - tonumber(asked[1]) > math.max(tonumber(ARGV[4]) / 3, 3000) then
    asked[2] = string.format('%.0f', now + tonumber(ARGV[4]))
    redis.call('HSET', KEYS[1], 'noDropUntil', asked[2])
  end
  redis.call('HSET', KEYS[1], 'limitAskedAt', string.format('%.0f', now))
  mercy = asked[2] and now < tonumber(asked[2])
end
for i = 1, #all, 2 do
  local name, c = all[i], parse(all[i + 1])
  if c.state == 'active' and ARGV[5] == 'drop' and not mercy and now - tonumber(c.seen) > tonumber(ARGV[4]) then
    c.state = 'dropped'
    write(name, c)
    all[i + 1] = 'dropped' .. all[i + 1]:sub(#'active' + 1)
    say('consumer-dropped', name, c, 'silentMs', string.format('%.0f', now - tonumber(c.seen)))
  end
end
local low, joins = lowest(all), m[4] or '0'
if tonumber(ARGV[6]) > 0 and not m[5] then return {'waiting', '', joins} end
if low then return {'held', low, joins} end
return {'free', '', joins}
`);
