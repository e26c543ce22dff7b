--- The stamp of a partition: its incarnation, and the version in which its symbols last changed (`incarnation+version`). The caller of the
--- scripts in this folder holds the session's lock in PostgreSQL, except for show-joined.lua. Each script may be repeated.
--- Defines is_own, version, counters

-- Whether a stamp, in any version, belongs to the session with this incarnation.
local function is_own(stamp, incarnation) return (stamp or ''):match('^[^+]*') == incarnation end
-- The version in a stamp; 0 when the symbols of the partition never changed.
local function version(stamp) return tonumber(stamp:match('%+(%d+)$') or 0) end
-- The names of the counters in meta.
local counters = { COUNTER_NAMES }
