--- Moves the clock and appends the events of the move. Event numbers only grow, and numbers up to the one emitted last are
--- skipped: a repeated call, or the same call by the next owner, emits nothing twice.
--- KEYS: meta, events, stream of partition 0, then meta of each other partition
--- ARGV: incarnation, epoch, owner, to (ms), least clock (ms), limit of the clock ('frontier' or 'watermark'),
---       joins that the owner has seen or '', events kept, number before the first event, figures f, f × (field, value),
---       then for each event: number, JSON array of its fields and values
--- Answer: {'moved', control, version of the symbols} | {'set-back', frontier} | {'joined'} | {'lost'} | {'fenced'}
--- An owner with an older list of symbols may move the clock; the answer tells it the version. An owner that has not seen the
--- latest join of a consumer may not. The script reads the limit again, because a store that was set back after the owner read
--- it may have the same clock and an earlier limit.

local epoch, owner, frontier, clock, control, incarnation, last_emitted, version, joins, limit = unpack(
  redis.call('HMGET', KEYS[1], 'epoch', 'owner', 'frontier', 'clock', 'control', 'incarnation', 'said', 'version', 'joins', ARGV[6]))
if (incarnation or ''):match('^[^+]*') ~= ARGV[1] then return {'lost'} end
if epoch ~= ARGV[2] or owner ~= ARGV[3] then return {'fenced'} end
local to = tonumber(ARGV[4])
if to > tonumber(frontier) or tonumber(clock) < tonumber(ARGV[5]) then return {'set-back', frontier} end
if ARGV[7] ~= '' and ARGV[7] ~= (joins or '0') then return {'joined'} end
if to > tonumber(clock) then
  if to > tonumber(limit) then return {'set-back', frontier} end
  for i = 4, #KEYS do
    if to > tonumber(redis.call('HGET', KEYS[i], ARGV[6]) or 0) then return {'set-back', frontier} end
  end
  redis.call('HSET', KEYS[1], 'clock', ARGV[4])
end
local at = 11
for _ = 1, tonumber(ARGV[10]) do
  redis.call('HSET', KEYS[3], ARGV[at], ARGV[at + 1])
  at = at + 2
end
local emitted_before = tonumber(last_emitted or ARGV[9])
local last = emitted_before
while at < #ARGV do
  local number = tonumber(ARGV[at])
  if number > last then
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[8], '*', unpack(cjson.decode(ARGV[at + 1])))
    last = number
  end
  at = at + 2
end
if last > emitted_before then redis.call('HSET', KEYS[1], 'said', string.format('%.0f', last)) end
return {'moved', control, version or '0'}
