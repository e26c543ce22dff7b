--- Moves the first retained time of a partition forward, never back. After this no reader goes back before that time, and no upkeep
--- script writes there, so that retire.lua can remove the days. Flushes write at the frontier, which is never before that time.
--- KEYS: meta
--- ARGV: stamp (incarnation and list of symbols), epoch, owner, open of the oldest retained day (ms)
--- Answer: {'retained', retired_to: open of the oldest day that is not wholly removed, or ''} |
---         {'beyond-frontier', frontier} | {'lost'} | {'fenced'}
--- From shared/fence.lua: frontier, retained_from, retired_to

--- include shared/fence.lua
local open = ARGV[4]
if tonumber(open) > tonumber(frontier) then return {'beyond-frontier', frontier} end
if tonumber(open) > tonumber(retained_from or 0) then redis.call('HSET', KEYS[1], 'retainedFrom', open) end
return {'retained', retired_to or ''}
