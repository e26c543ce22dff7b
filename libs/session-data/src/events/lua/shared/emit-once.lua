--- Emits an event when its value differs from the value that was emitted last under the same name. `emitted`: the hash of these
--- values; `events`: the stream; `kept`: events kept; `...`: fields and values of the event. Returns the id of the event's entry,
--- or false when it emitted nothing.

local function emit_once(emitted, events, kept, name, value, ...)
  if redis.call('HGET', emitted, name) == value then return false end
  redis.call('HSET', emitted, name, value)
  return redis.call('XADD', events, 'MAXLEN', '~', kept, '*', ...)
end
