--- Moves a partition's watermark forward to `to`, never past its frontier. Does nothing when the store was set back: the slots
--- that the caller found settled may be lost. Emits the counts of a day that ends at `to`.
--- KEYS: meta, emitted, changes, pending
--- ARGV: stamp, from (ms), to (ms), wake channel, events kept,
---       then, when a day ends at `to`: date, counts as text, fields and values of the event
--- Answer: 'moved': the watermark is at `to` or later | 'set-back' | 'gone'

--- include ../../events/lua/shared/emit-once.lua
--- include ../../events/lua/shared/defer.lua
local incarnation, frontier, watermark = unpack(redis.call('HMGET', KEYS[1], 'incarnation', 'frontier', 'watermark'))
if incarnation ~= ARGV[1] then return 'gone' end
local to, watermark_ms = tonumber(ARGV[3]), tonumber(watermark)
if watermark_ms < tonumber(ARGV[2]) or tonumber(frontier) < to then return 'set-back' end
if to > watermark_ms then
  redis.call('HSET', KEYS[1], 'watermark', ARGV[3])
  redis.call('PUBLISH', ARGV[4], 'watermark')
  local id = ARGV[6] and emit_once(KEYS[2], KEYS[3], ARGV[5], ARGV[6], ARGV[7], unpack(ARGV, 8))
  if id then defer(KEYS[4], ARGV[3], id, 'quality', ARGV[6], cjson.encode({ unpack(ARGV, 8) })) end
end
return 'moved'
