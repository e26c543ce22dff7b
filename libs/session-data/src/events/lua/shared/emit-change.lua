--- Collects the symbols of a day that changed, and emits the change: at once for mirrors and operators, later for strategies.

--- include defer.lua
-- A change without symbols. `type`: of its event.
local function new_change(type) return { type = type, symbols = {}, details = {} } end
-- Adds a symbol. `member`: `date symbol`. `value`: JSON that the event has for the symbol, nil when the event only names it.
-- `detail`: JSON that publish.lua describes, or nil.
local function add_symbol(change, member, value, detail)
  local DATE_CHARS = 10 -- as in 2024-03-04
  local name = '"' .. member:sub(DATE_CHARS + 2) .. '"'
  change.date = change.date or member:sub(1, DATE_CHARS)
  change.symbols[#change.symbols + 1] = value and name .. ':' .. value or name
  if detail then change.details[#change.details + 1] = name .. ':' .. detail end
end
-- Emits a change, if it has symbols. `changes`: the stream; `kept`: events kept; `pending`, `due`: see defer.lua.
local function emit_change(changes, pending, kept, due, change)
  if #change.symbols == 0 then return end
  local list = table.concat(change.symbols, ',')
  list = change.type == 'derived' and '[' .. list .. ']' or '{' .. list .. '}'
  local id = redis.call('XADD', changes, 'MAXLEN', '~', kept, '*', 'type', change.type, 'date', change.date, 'symbols', list)
  defer(pending, due, id, change.type, change.date, '{' .. table.concat(change.details, ',') .. '}')
end
