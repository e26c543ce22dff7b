--- Moves the first retained time of a partition forward, never back. From then on readers stop there, and no upkeep
--- script writes before it. retire.lua removes the days before it afterwards. No flush needs this check: it writes at
--- the frontier, and this script never passes the frontier.
--- KEYS: meta
--- ARGV: stamp, epoch, owner, open of the oldest retained day (ms)
--- Answer: {'retained', retiredTo: open of the oldest day that is not wholly removed, or ''} |
---         {'beyond-frontier', frontier} | {'lost'} | {'fenced'}

--- include shared/fence.lua
if tonumber(ARGV[4]) > tonumber(frontier) then return {'beyond-frontier', frontier} end
if tonumber(ARGV[4]) > tonumber(retained_from or 0) then redis.call('HSET', KEYS[1], 'retainedFrom', ARGV[4]) end
return {'retained', retired_to or ''}
