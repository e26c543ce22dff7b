--- Defines take(n): the next `n` arguments of the script, in the order in which its header names them.
-- Lua finds a local faster than a global.
local arguments, taken, unpack = ARGV, 0, unpack
local function take(n)
  taken = taken + n
  return unpack(arguments, taken - n + 1, taken)
end
