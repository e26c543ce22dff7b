--- Emits an event when its value differs from the one that was emitted last under the same name, which the hash `emitted` stores. `...`:
--- fields and values of the event. Returns the id of its entry, or false when it emitted nothing.
local function emit_once(emitted, events, kept, name, value, ...)
  if redis.call('HGET', emitted, name) == value then return false end
  redis.call('HSET', emitted, name, value)
  return redis.call('XADD', events, 'MAXLEN', '~', kept, '*', ...)
end
