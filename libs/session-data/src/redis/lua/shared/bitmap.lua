--- Defines has_bar and with_bars, which read and write the bitmap at the start of a chunk. The bitmap has one bit per slot; the first
--- slot of a byte is its highest bit. The text of this file becomes a part of each script that includes it.

-- These locals make the functions faster: has_bar runs once per slot, and Lua finds a local faster than a field of a global.
local band, bor, rshift, floor, char = bit.band, bit.bor, bit.rshift, math.floor, string.char
-- Whether a slot has a bar. `bits` may be shorter than the whole bitmap: the missing bytes count as zeros.
local function has_bar(bits, slot)
  return band(bits:byte(floor(slot / 8) + 1) or 0, rshift(0x80, slot % 8)) ~= 0
end
-- Returns `bits` with the bits of `slots` also set. The result has `length` bytes; missing bytes of `bits` count as zeros. The bytes are
-- read and converted one by one, because the bitmap of a long day has more bytes than a Lua function can take or return at once.
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
