--- Emits a change of a day at once for mirrors and operators, and later for strategies. `changes`: the stream; `kept`: events kept;
--- `symbols`: the event's JSON; `due`, `detail`: see defer.lua.

--- include defer.lua
local function emit_change(changes, pending, kept, due, type, date, symbols, detail)
  local id = redis.call('XADD', changes, 'MAXLEN', '~', kept, '*', 'type', type, 'date', date, 'symbols', symbols)
  defer(pending, due, id, type, date, detail)
end
