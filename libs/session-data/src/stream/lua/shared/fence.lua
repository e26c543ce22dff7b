--- The first part of fenced scripts: refuses a caller that does not own the session (any more), or has another list of symbols.
--- KEYS: meta
--- ARGV: stamp, epoch, owner
--- Answer: {'lost'}: another session or list of symbols | {'fenced'}: another owner; otherwise the script continues, with
---         frontier, clock, control, retained_from and retired_to defined

local stamp, epoch, owner, frontier, clock, control, retained_from, retired_to = unpack(
  redis.call('HMGET', KEYS[1], 'incarnation', 'epoch', 'owner', 'frontier', 'clock', 'control', 'retainedFrom', 'retiredTo'))
if stamp ~= ARGV[1] then return {'lost'} end
if epoch ~= ARGV[2] or owner ~= ARGV[3] then return {'fenced'} end
