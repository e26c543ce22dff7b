/**
 * Scripts that say in a session's event streams what no other write says, each thing once: they compare with what was
 * said last, so that a call that is sent again, or by two processes, says nothing twice.
 */
import { Script } from '../redis/index.js';

/** Entries that each event stream keeps, about. */
export const EVENTS_KEPT = 10_000;

/** Appends an event when its value differs from the one that was told before under the same name. Lua. */
export const TELL = `
local function tell(told, events, kept, name, value, ...)
  if redis.call('HGET', told, name) == value then return false end
  redis.call('HSET', told, name, value)
  redis.call('XADD', events, 'MAXLEN', '~', kept, '*', ...)
  return true
end
`;

/**
 * Says of which gaps nobody spoke yet. Per symbol the base slots `[0, n)` of the day were looked through; whoever found out
 * with an older n is left out. KEYS meta, told, events; ARGV stamp, open of the day, date, limit of events kept, then a symbol: name, n as it
 * was read or '', n now, bars newly found. Answers 'told', 'gone' or 'retired'.
 */
export const TELL_GAPS = new Script(`
local m = redis.call('HMGET', KEYS[1], 'incarnation', 'retainedFrom')
if m[1] ~= ARGV[1] then return 'gone' end
if tonumber(ARGV[2]) < tonumber(m[2] or 0) then return 'retired' end
local names, looked, symbols = {}, {}, {}
for i = 5, #ARGV, 4 do names[#names + 1] = ARGV[3] .. ' ' .. ARGV[i] end
local told = redis.call('HMGET', KEYS[2], unpack(names))
for n, name in ipairs(names) do
  local i = 1 + 4 * n
  if (told[n] or '') == ARGV[i + 1] then
    looked[#looked + 1] = name
    looked[#looked + 1] = ARGV[i + 2]
    if ARGV[i + 3] ~= '0' then symbols[#symbols + 1] = '"' .. ARGV[i] .. '":' .. ARGV[i + 3] end
  end
end
if #looked > 0 then redis.call('HSET', KEYS[2], unpack(looked)) end
if #symbols > 0 then
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], '*', 'type', 'gap-found', 'date', ARGV[3],
    'symbols', '{' .. table.concat(symbols, ',') .. '}')
end
return 'told'
`);

/** Says the counts of a closed day when they are others than those last said. KEYS meta, told, events; ARGV stamp, open of the day, date, limit of events kept, counts as text, fields and values. Answers 'told', 'gone' or 'retired'. */
export const TELL_QUALITY = new Script(`${TELL}
local m = redis.call('HMGET', KEYS[1], 'incarnation', 'retainedFrom')
if m[1] ~= ARGV[1] then return 'gone' end
if tonumber(ARGV[2]) < tonumber(m[2] or 0) then return 'retired' end
tell(KEYS[2], KEYS[3], ARGV[4], ARGV[3], ARGV[5], unpack(ARGV, 6))
return 'told'
`);

/** Says a session's state when it is another than the one last said. KEYS meta, told, events of partition 0; ARGV incarnation, limit of events kept, state, fields and values. Answers 'told' or 'gone'. */
export const TELL_STATE = new Script(`${TELL}
if (redis.call('HGET', KEYS[1], 'incarnation') or ''):match('^[^+]*') ~= ARGV[1] then return 'gone' end
tell(KEYS[2], KEYS[3], ARGV[2], 'state', ARGV[3], unpack(ARGV, 4))
return 'told'
`);
