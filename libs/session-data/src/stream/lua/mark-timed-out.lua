--- Marks a day whose source was silent for too long. Emits the event once.
--- KEYS: meta, changes, stream, pending of partition 0
--- ARGV: stamp, epoch, owner, date, close of the day (ms), events kept, then fields and values of the event
--- Answer: {'marked'} | {'lost'} | {'fenced'}

--- include shared/fence.lua
--- include ../../events/lua/shared/emit-once.lua
--- include ../../events/lua/shared/defer.lua
local id = emit_once(KEYS[3], KEYS[2], ARGV[6], 'timed-out ' .. ARGV[4], '1', unpack(ARGV, 7))
if id then defer(KEYS[4], ARGV[5], id, 'day-timed-out', ARGV[4], cjson.encode({ unpack(ARGV, 7) })) end
return {'marked'}
