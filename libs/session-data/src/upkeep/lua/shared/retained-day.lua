--- The first part of scripts that write what upkeep found out about one day: nothing is written to a day that is no longer retained.
--- From the including script: meta, stamp, open: of the day (ms)
--- Answer: {'gone'}: the session was deleted or its symbols changed | {'done'}: the day is no longer retained;
---         otherwise that of the including script
--- Defines frontier

local stored_stamp, frontier, retained_from = unpack(redis.call('HMGET', meta, 'incarnation', 'frontier', 'retainedFrom'))
if stored_stamp ~= stamp then return {'gone'} end
if tonumber(open) < tonumber(retained_from or 0) then return {'done'} end
