--- Emits a session's state when it differs from the state emitted last.
--- KEYS: meta, emitted, events of partition 0
--- ARGV: incarnation, events kept, state, then fields and values of the event
--- Answer: 'emitted', even if the state had not changed | 'gone': the store is gone or belongs to another session

--- include ../../redis/lua/shared/stamp.lua
--- include shared/emit-once.lua
local FIRST_FIELD = 4
local events_kept, state = ARGV[2], ARGV[3]
if not is_own(redis.call('HGET', KEYS[1], 'incarnation'), ARGV[1]) then return 'gone' end
emit_once(KEYS[2], KEYS[3], events_kept, 'state', state, unpack(ARGV, FIRST_FIELD))
return 'emitted'
