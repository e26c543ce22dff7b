--- Emits the `quality` event of a closed day, when its counts differ from those emitted last.
--- KEYS: meta, emitted, changes, pending
--- ARGV: stamp, open of the day (ms), close of the day (ms), date, events kept,
---       the counts (text, to compare), then the event's fields and values
--- Answer: 'emitted', even if the counts had not changed | 'gone': the session was deleted or its symbols changed |
---         'retired': the day is no longer retained

--- include shared/emit-once.lua
--- include shared/defer.lua
local open, close, date, events_kept, counts, FIRST_FIELD = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], 7
local stamp, retained_from = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'retainedFrom'))
if stamp ~= ARGV[1] then return 'gone' end
if tonumber(open) < tonumber(retained_from or 0) then return 'retired' end
local id = emit_once(KEYS[2], KEYS[3], events_kept, date, counts, unpack(ARGV, FIRST_FIELD))
-- The public event waits until the clock has reached the day's close.
if id then defer(KEYS[4], close, id, 'quality', date, cjson.encode({ unpack(ARGV, FIRST_FIELD) })) end
return 'emitted'
