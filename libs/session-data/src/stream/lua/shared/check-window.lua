--- The checks that both flush scripts begin with. The script defines `refuse(reply)` before this.
--- KEYS: meta, refused, refused-ahead
--- ARGV: incarnation, epoch, owner, frontier before (ms), frontier after (ms), chunk bytes, bars in the window,
---       number of refusals r, r × (field, count); `first` is the position of the argument after those
--- Answer: {'written', …} | {'done', …} (the window is in the store) | {'rewind', …} (the store lost writes) |
---         {'lost'} | {'fenced'}

local m = redis.call('HMGET', KEYS[1], 'epoch', 'owner', 'frontier', 'control', 'incarnation')
if m[5] ~= ARGV[1] then return refuse({'lost'}) end
if m[1] ~= ARGV[2] or m[2] ~= ARGV[3] then return refuse({'fenced'}) end
local frontier = tonumber(m[3])
if frontier >= tonumber(ARGV[5]) then return refuse({'done', m[3], m[4]}) end
if frontier ~= tonumber(ARGV[4]) then return refuse({'rewind', m[3], m[4]}) end
local total, refusals = tonumber(ARGV[6]), tonumber(ARGV[8])
local first = 9 + 2 * refusals
