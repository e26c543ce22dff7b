--- The stamp of a partition: its incarnation, and the version in which its symbols last changed (`incarnation+version`).
--- A script that compares the whole stamp refuses a caller with an older list of symbols. The caller of these scripts holds
--- the session's lock in PostgreSQL (for show-joined.lua it is the owner, with the fence). Each script may be repeated.

local function is_own(stamp, incarnation) return (stamp or ''):match('^[^+]*') == incarnation end
local function version(stamp) return tonumber(stamp:match('%+(%d+)$') or 0) end
local counters = { COUNTER_NAMES }
