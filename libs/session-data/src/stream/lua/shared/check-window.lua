--- The checks that both flush scripts begin with. The script defines `refuse(reply)` before this.
--- KEYS: meta, refused, refused-ahead
--- ARGV: incarnation, epoch, owner, frontier before (ms), frontier after (ms), chunk bytes, bars in the window,
---       number of refusals r, r × (field, count); `first` is the position of the argument after those
--- Answer: {'written', …} | {'done', …} (the window is in the store) | {'rewind', …} (the store lost writes) |
---         {'lost'} | {'fenced'}

local epoch, owner, frontier, control, incarnation = unpack(
  redis.call('HMGET', KEYS[1], 'epoch', 'owner', 'frontier', 'control', 'incarnation'))
if incarnation ~= ARGV[1] then return refuse({'lost'}) end
if epoch ~= ARGV[2] or owner ~= ARGV[3] then return refuse({'fenced'}) end
local frontier_ms = tonumber(frontier)
if frontier_ms >= tonumber(ARGV[5]) then return refuse({'done', frontier, control}) end
if frontier_ms ~= tonumber(ARGV[4]) then return refuse({'rewind', frontier, control}) end
local total, refusals = tonumber(ARGV[6]), tonumber(ARGV[8])
local first = 9 + 2 * refusals
