--- Emits the counts of a closed day when they differ from those emitted last.
--- KEYS: meta, emitted, changes, pending
--- ARGV: stamp, open of the day (ms), close of the day (ms), date, events kept, counts as text, then fields and values of the event
--- Answer: 'emitted', also when the counts are those emitted last; 'gone' when the session was deleted or its symbols changed;
---         'retired' when the day is no longer retained

--- include shared/emit-once.lua
--- include shared/defer.lua
local stamp, retained_from = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'retainedFrom'))
if stamp ~= ARGV[1] then return 'gone' end
if tonumber(ARGV[2]) < tonumber(retained_from or 0) then return 'retired' end
local id = emit_once(KEYS[2], KEYS[3], ARGV[5], ARGV[4], ARGV[6], unpack(ARGV, 7))
if id then defer(KEYS[4], ARGV[3], id, 'quality', ARGV[4], cjson.encode({ unpack(ARGV, 7) })) end
return 'emitted'
