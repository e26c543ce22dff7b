--- Emits a session's state when it differs from the state emitted last.
--- KEYS: meta, emitted, events of partition 0
--- ARGV: incarnation, events kept, state, then fields and values of the event
--- Answer: 'gone' when the store is gone or belongs to another session; otherwise 'emitted', even if the state had not changed

--- include shared/emit-once.lua
if (redis.call('HGET', KEYS[1], 'incarnation') or ''):match('^[^+]*') ~= ARGV[1] then return 'gone' end
emit_once(KEYS[2], KEYS[3], ARGV[2], 'state', ARGV[3], unpack(ARGV, 4))
return 'emitted'
