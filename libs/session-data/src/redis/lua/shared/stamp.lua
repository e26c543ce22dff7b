--- The field `incarnation` of a partition's meta hash has the stamp of the partition: the incarnation of the session, and if the symbols of
--- the partition changed, `+` and the version of the list of symbols with which they changed last. Scripts for the whole session compare
--- only the incarnation. Defines is_own, version_of

-- Whether a stamp, in any version, belongs to the session with this incarnation. `stamp`: false when there is no store.
local function is_own(stamp, incarnation) return stamp and stamp:match('^[^+]*') == incarnation end
-- The version in a stamp; 0 when the symbols of the partition never changed.
local function version_of(stamp) return tonumber(stamp:match('%+(%d+)$') or 0) end
