--- Moves the clock and appends the events of the move. Each event has a number, and a later event has a larger one. Events up to the
--- number that was emitted last are skipped: a repeated call, or the same call by the next owner, emits nothing twice.
--- KEYS: meta, events, stream of partition 0, then meta of each other partition
--- ARGV: incarnation, epoch, owner, to (ms), least clock (ms), limit of the clock ('frontier' or 'watermark'),
---       joins that the owner has seen or '' (not compared), events kept, number that counts as emitted in a new store,
---       number of figures f, f × (field, value),
---       then for each event: number, JSON array of its fields and values
--- Answer: {'moved', control, current version of the symbols} | {'set-back', frontier}: the store lost writes that the owner has seen |
---         {'joined'}: a consumer has joined that the owner has not seen | {'lost'} | {'fenced'}

--- include ../../redis/lua/shared/stamp.lua
-- The field `said` has the number of the event that was emitted last.
local epoch, owner, frontier, clock, control, stamp, last_emitted, version, joins, limit = unpack(
  redis.call('HMGET', KEYS[1], 'epoch', 'owner', 'frontier', 'clock', 'control', 'incarnation', 'said', 'version', 'joins', ARGV[6]))
if not is_own(stamp, ARGV[1]) then return {'lost'} end
if epoch ~= ARGV[2] or owner ~= ARGV[3] then return {'fenced'} end
local to, least_clock, limit_field, seen_joins = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6], ARGV[7]
if to > tonumber(frontier) or tonumber(clock) < least_clock then return {'set-back', frontier} end
if seen_joins ~= '' and seen_joins ~= (joins or '0') then return {'joined'} end
-- Checks the limit again: a store that was set back after the owner read the limit may have the same clock and an earlier limit.
if to > tonumber(clock) then
  if to > tonumber(limit) then return {'set-back', frontier} end
  local FIRST_OTHER_META = 4
  for i = FIRST_OTHER_META, #KEYS do
    if to > tonumber(redis.call('HGET', KEYS[i], limit_field) or 0) then return {'set-back', frontier} end
  end
  redis.call('HSET', KEYS[1], 'clock', ARGV[4])
end
local events_kept, number_in_new_store, figures = ARGV[8], ARGV[9], tonumber(ARGV[10])
local FIRST_FIGURE = 11
-- The position of the first event, then of the next one.
local at = FIRST_FIGURE + 2 * figures
if figures > 0 then redis.call('HSET', KEYS[3], unpack(ARGV, FIRST_FIGURE, at - 1)) end
local emitted_before = tonumber(last_emitted or number_in_new_store)
local last = emitted_before
while at < #ARGV do
  local number = tonumber(ARGV[at])
  if number > last then
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', events_kept, '*', unpack(cjson.decode(ARGV[at + 1])))
    last = number
  end
  at = at + 2
end
if last > emitted_before then redis.call('HSET', KEYS[1], 'said', string.format('%.0f', last)) end
return {'moved', control, version or '0'}
