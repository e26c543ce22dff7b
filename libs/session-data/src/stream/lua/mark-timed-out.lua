--- Marks a day whose source was silent for too long, and emits `day-timed-out` once for the day: at once for operators, and for strategies when
--- the clock has reached the day's close. shared/fence.lua checks stamp, epoch and owner first, and answers 'lost' or 'fenced'.
--- KEYS: meta, changes, stream, pending of partition 0
--- ARGV: stamp, epoch, owner, date, close of the day (ms), events kept, then fields and values of the event
--- Answer: {'marked'} | {'lost'} | {'fenced'}

--- include shared/fence.lua
--- include ../../events/lua/shared/emit-once.lua
--- include ../../events/lua/shared/defer.lua
local changes, stream, pending = KEYS[2], KEYS[3], KEYS[4]
local FIRST_FIELD = 7
local date, close, events_kept = ARGV[4], ARGV[5], ARGV[6]
local id = emit_once(stream, changes, events_kept, 'timed-out ' .. date, '1', unpack(ARGV, FIRST_FIELD))
-- The event for strategies.
if id then defer(pending, close, id, 'day-timed-out', date, cjson.encode({ unpack(ARGV, FIRST_FIELD) })) end
return {'marked'}
