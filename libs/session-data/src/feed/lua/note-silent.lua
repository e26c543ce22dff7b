--- Emits that a symbol's stream became silent, once for each time of its last message.
--- KEYS: meta, events, stream of partition 0
--- ARGV: stamp, epoch, owner, symbol, time of its last message (ms), events kept
--- Answer: {'noted'} | {'lost'} | {'fenced'}

--- include ../../stream/lua/shared/fence.lua
--- include ../../events/lua/shared/emit-once.lua
local symbol = ARGV[4]
emit_once(KEYS[3], KEYS[2], ARGV[6], 'silent ' .. symbol, ARGV[5], 'type', 'stream-silent', 'time', clock, 'symbol', symbol)
return {'noted'}
