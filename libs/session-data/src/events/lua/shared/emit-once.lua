--- Emits an event when its value differs from the value that was emitted last under the same name. Answers the id of its
--- entry, or false.

local function emit_once(told, events, kept, name, value, ...)
  if redis.call('HGET', told, name) == value then return false end
  redis.call('HSET', told, name, value)
  return redis.call('XADD', events, 'MAXLEN', '~', kept, '*', ...)
end
