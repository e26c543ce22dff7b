--- Emits the `quality` event of a closed day, when its counts differ from those emitted last.
--- KEYS: meta, emitted, changes, pending
--- ARGV: stamp, open of the day (ms), close of the day (ms), date, most events to keep,
---       the counts (text, to compare), then the event's fields and values
--- Answer: 'emitted'; the same when nothing was emitted because the counts have not changed;
---         'gone' when the session was deleted or its symbols changed; 'retired' when the day is no longer retained

--- include shared/emit-once.lua
--- include shared/defer.lua
local stamp, retained_from = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'retainedFrom'))
if stamp ~= ARGV[1] then return 'gone' end
if tonumber(ARGV[2]) < tonumber(retained_from or 0) then return 'retired' end
local id = emit_once(KEYS[2], KEYS[3], ARGV[5], ARGV[4], ARGV[6], unpack(ARGV, 7))
-- The public event waits until the clock has passed the day's close.
if id then defer(KEYS[4], ARGV[3], id, 'quality', ARGV[4], cjson.encode({ unpack(ARGV, 7) })) end
return 'emitted'
