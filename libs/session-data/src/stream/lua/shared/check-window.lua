--- The first part of both flush scripts: their checks. The including script defines `refuse(reply)` before this.
--- KEYS: meta, refused, refused-ahead
--- ARGV: stamp, epoch, owner, frontier before (ms), frontier after (ms), chunk bytes, bars in the window,
---       number of refusals r, r × (field, count), then those of the including script from position `own` on
--- Answer: {'written', …} | {'done', …}: an earlier call wrote it | {'rewind', …}: the store lost writes |
---         {'lost'} | {'fenced'}

local epoch, owner, frontier, control, stamp = unpack(
  redis.call('HMGET', KEYS[1], 'epoch', 'owner', 'frontier', 'control', 'incarnation'))
if stamp ~= ARGV[1] then return refuse({'lost'}) end
if epoch ~= ARGV[2] or owner ~= ARGV[3] then return refuse({'fenced'}) end
local frontier_ms = tonumber(frontier)
if frontier_ms >= tonumber(ARGV[5]) then return refuse({'done', frontier, control}) end
if frontier_ms ~= tonumber(ARGV[4]) then return refuse({'rewind', frontier, control}) end
local total, own = tonumber(ARGV[6]), 9 + 2 * tonumber(ARGV[8])
