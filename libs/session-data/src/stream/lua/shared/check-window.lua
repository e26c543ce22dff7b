--- The first part of both flush scripts: their checks.
--- KEYS: meta, refused, refused-ahead
--- ARGV: stamp, epoch, owner, frontier before (ms), frontier after (ms), chunk bytes, bars in the window,
---       number of refusals r, r × (field, count), then those of the including script from position `own_arg` on
--- Answer, with `control` ('run', 'pause' or 'stop') as it is stored:
---         {'written', frontier, control} | {'done', frontier, control}: an earlier call wrote the window |
---         {'rewind', frontier, control}: the store lost writes | {'lost'} | {'fenced'}
--- Defines control, frontier_after, chunk_bytes, bars, FIRST_REFUSAL (position of the first field) and own_arg

--- include fence.lua
local frontier_ms, frontier_before, frontier_after = tonumber(frontier), ARGV[4], ARGV[5]
if frontier_ms >= tonumber(frontier_after) then return {'done', frontier, control} end
if frontier_ms ~= tonumber(frontier_before) then return {'rewind', frontier, control} end
local FIRST_REFUSAL = 9
local chunk_bytes, bars, refusals = tonumber(ARGV[6]), ARGV[7], tonumber(ARGV[8])
local own_arg = FIRST_REFUSAL + 2 * refusals
