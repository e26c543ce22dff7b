--- The bitmap at the start of a chunk. The first slot of a byte is its highest bit.

-- These functions run once per slot, and Lua finds a local faster than a field of a global.
local band, bor, rshift, floor, char = bit.band, bit.bor, bit.rshift, math.floor, string.char
-- Whether a slot has a bar. `bits` may be shorter than the whole bitmap: the missing bytes count as zeros.
local function has_bar(bits, slot)
  return band(bits:byte(floor(slot / 8) + 1) or 0, rshift(0x80, slot % 8)) ~= 0
end
-- The bitmap with bars also in `slots`, and `length` bytes long. A loop, because Lua cannot pass the bytes of the longest days at once.
local function with_bars(bits, length, slots)
  local bytes = {}
  for b = 1, length do bytes[b] = bits:byte(b) or 0 end
  for _, slot in ipairs(slots) do
    local b = floor(slot / 8) + 1
    bytes[b] = bor(bytes[b], rshift(0x80, slot % 8))
  end
  for b = 1, length do bytes[b] = char(bytes[b]) end
  return table.concat(bytes)
end
