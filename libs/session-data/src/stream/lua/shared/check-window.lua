--- The first part of both flush scripts: their checks. The including script defines `refuse(reply)` before this.
--- KEYS: meta, refused, refused-ahead
--- ARGV: stamp, epoch, owner, frontier before (ms), frontier after (ms), chunk bytes, bars in the window,
---       number of refusals r, r × (field, count), then those of the including script from position `own_arg` on
--- Answer, with `control` ('run', 'pause' or 'stop') as it is stored:
---         {'written', frontier, control} | {'done', frontier, control}: an earlier call wrote the window |
---         {'rewind', frontier, control}: the store lost writes | {'lost'} | {'fenced'}
--- Defines control, frontier_after, chunk_bytes, bars, FIRST_REFUSAL (position of the first field) and own_arg

-- The field `incarnation` has the stamp of the session and its symbols.
local epoch, owner, frontier, control, stamp = unpack(
  redis.call('HMGET', KEYS[1], 'epoch', 'owner', 'frontier', 'control', 'incarnation'))
if stamp ~= ARGV[1] then return refuse({'lost'}) end
if epoch ~= ARGV[2] or owner ~= ARGV[3] then return refuse({'fenced'}) end
local frontier_ms, frontier_before, frontier_after = tonumber(frontier), ARGV[4], ARGV[5]
if frontier_ms >= tonumber(frontier_after) then return refuse({'done', frontier, control}) end
if frontier_ms ~= tonumber(frontier_before) then return refuse({'rewind', frontier, control}) end
local FIRST_REFUSAL = 9
local chunk_bytes, bars, refusals = tonumber(ARGV[6]), ARGV[7], tonumber(ARGV[8])
local own_arg = FIRST_REFUSAL + 2 * refusals
