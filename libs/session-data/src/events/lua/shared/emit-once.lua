--- Emits an event when its value differs from the value that was emitted last under the same name. Answers the id of its
--- entry, or false.

local function emit_once(emitted, events, kept, name, value, ...)
  if redis.call('HGET', emitted, name) == value then return false end
  redis.call('HSET', emitted, name, value)
  return redis.call('XADD', events, 'MAXLEN', '~', kept, '*', ...)
end
