--- Moves a partition's watermark forward to `to`. Does nothing when the store was set back, or when this is not the run of the server from
--- which the caller read: the slots that the caller found settled may be lost. Emits the counts of a retained day that ends at `to` when
--- the watermark moves there, and when `from` is equal to `to` and the counts have changed since they were emitted.
--- KEYS: meta, emitted, changes, pending
--- ARGV: stamp, from: the watermark that the caller read (ms), to (ms), wake channel, events kept,
---       run of the server that the caller read from; '' when that is unknown,
---       then, when a day ends at `to`: date, counts as text, fields and values of the event
--- Answer: {'moved'}: the watermark is at `to` or later, also when another worker moved it | {'set-back'}: the store was set back, or
---         may have been | {'gone'}: the session was deleted or its symbols changed

--- include ../../events/lua/shared/emit-once.lua
--- include ../../events/lua/shared/defer.lua
--- include shared/run-of-server.lua
local FIRST_FIELD = 9
local wake_channel, events_kept, read_from, date, counts = unpack(ARGV, 4, 8)
local stored_stamp, frontier, watermark, retained_from = unpack(
  redis.call('HMGET', KEYS[1], 'incarnation', 'frontier', 'watermark', 'retainedFrom'))
if stored_stamp ~= ARGV[1] then return {'gone'} end
local from, to, watermark_ms = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(watermark)
if watermark_ms < from or tonumber(frontier) < to then return {'set-back'} end
-- ioredis sends a call again, without an error, to a server that was restarted or that replaced a failed one.
if read_from ~= '' and run_of_server ~= read_from then return {'set-back'} end
local is_moved = to > watermark_ms
if is_moved then
  redis.call('HSET', KEYS[1], 'watermark', ARGV[3])
  redis.call('PUBLISH', wake_channel, 'watermark')
end
if date and (is_moved or from == to) and to > tonumber(retained_from or 0) then
  local id = emit_once(KEYS[2], KEYS[3], events_kept, date, counts, unpack(ARGV, FIRST_FIELD))
  if id then defer(KEYS[4], ARGV[3], id, 'quality', date, cjson.encode({ unpack(ARGV, FIRST_FIELD) })) end
end
return {'moved'}
