--- The first part of both flush scripts: their checks, and their end as a function.
--- KEYS: meta, refused, refused-ahead
--- ARGV: stamp, epoch, owner, frontier before (ms), frontier after (ms), chunk bytes, bars in the window,
---       number of refusals r, r × (field, count), then those of the including script from position `own_arg` on
--- Answer, with `control` ('run', 'pause' or 'stop') as it is stored:
---         {'written', frontier, control} | {'done', frontier, control}: an earlier call wrote the window |
---         {'rewind', frontier, control}: the store lost writes | {'lost'} | {'fenced'}
--- Defines chunk_bytes, own_arg, finish_window

--- include fence.lua
--- include ../../../events/lua/shared/count-refused.lua
local frontier_ms, frontier_before, frontier_after = tonumber(frontier), ARGV[4], ARGV[5]
if frontier_ms >= tonumber(frontier_after) then return {'done', frontier, control} end
if frontier_ms ~= tonumber(frontier_before) then return {'rewind', frontier, control} end
local FIRST_REFUSAL = 9
local chunk_bytes, bars, refusals = tonumber(ARGV[6]), ARGV[7], tonumber(ARGV[8])
local own_arg = FIRST_REFUSAL + 2 * refusals
-- Counts the refused and the streamed bars, and moves the frontier. Returns the script's answer.
local function finish_window()
  for i = FIRST_REFUSAL, own_arg - 1, 2 do count_refused(KEYS[2], KEYS[3], frontier_after, ARGV[i], ARGV[i + 1]) end
  redis.call('HINCRBY', KEYS[1], 'streamed', bars)
  redis.call('HSET', KEYS[1], 'frontier', frontier_after)
  return {'written', frontier_after, control}
end
