--- The stamp of a partition: its incarnation, and the version in which its symbols last changed (`incarnation+version`).
--- A script that compares the whole stamp refuses a caller that does not know of the change. The scripts of symbols are
--- run under the session's lock in PostgreSQL, and each may be repeated.

local function is_own(stamp, incarnation) return (stamp or ''):match('^[^+]*') == incarnation end
local function version(stamp) return tonumber(stamp:match('%+(%d+)$') or 0) end
local counters = { COUNTER_NAMES }
