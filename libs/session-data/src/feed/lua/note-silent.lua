--- Emits that a symbol's stream fell silent, once per silence: the next event can come only after another message of the symbol.
--- KEYS: meta, events, the hash `:stream` of partition 0
--- ARGV: stamp, epoch, owner, symbol, time of its last message (ms), number of events to keep
--- Answer: {'noted'} | {'lost'} | {'fenced'}
--- From shared/fence.lua: clock

--- include ../../stream/lua/shared/fence.lua
--- include ../../events/lua/shared/emit-once.lua
local symbol, heard_at, events_kept = ARGV[4], ARGV[5], ARGV[6]
-- `heard_at` identifies the silence: the same value emits only once.
emit_once(KEYS[3], KEYS[2], events_kept, 'silent ' .. symbol, heard_at,
  'type', 'stream-silent', 'time', clock, 'symbol', symbol)
return {'noted'}
