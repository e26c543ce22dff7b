--- Refuses a caller that no longer owns the session.
--- KEYS: meta
--- ARGV: incarnation, epoch, owner

local m = redis.call('HMGET', KEYS[1], 'incarnation', 'epoch', 'owner', 'frontier', 'retainedFrom', 'retiredTo')
if m[1] ~= ARGV[1] then return {'lost'} end
if m[2] ~= ARGV[2] or m[3] ~= ARGV[3] then return {'fenced'} end
