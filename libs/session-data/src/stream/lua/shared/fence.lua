--- The first part of fenced scripts: refuses a caller that does not own the session now, or has another list of symbols.
--- KEYS: meta
--- ARGV: stamp (incarnation and version of the symbols), epoch, owner
--- Answer: {'lost'}: the stamp differs | {'fenced'}: epoch or owner differs; otherwise that of the including script
--- Defines frontier, clock, control, retained_from, retired_to

local stamp, epoch, owner, frontier, clock, control, retained_from, retired_to = unpack(
  redis.call('HMGET', KEYS[1], 'incarnation', 'epoch', 'owner', 'frontier', 'clock', 'control', 'retainedFrom', 'retiredTo'))
if stamp ~= ARGV[1] then return {'lost'} end
if epoch ~= ARGV[2] or owner ~= ARGV[3] then return {'fenced'} end
