--- The bitmap at the start of a chunk. The first slot of a byte is its highest bit.

-- Whether a slot has a bar. `bits` may be shorter than the whole bitmap: the missing bytes count as zeros.
local function has_bar(bits, slot)
  return bit.band(bits:byte(math.floor(slot / 8) + 1) or 0, bit.rshift(0x80, slot % 8)) ~= 0
end
-- The bitmap with bars also in `slots`, and `length` bytes long. A loop, because Lua cannot pass the bytes of the longest days at once.
local function with_bars(bits, length, slots)
  local bytes = {}
  for b = 1, length do bytes[b] = bits:byte(b) or 0 end
  for _, slot in ipairs(slots) do
    local b = math.floor(slot / 8) + 1
    bytes[b] = bit.bor(bytes[b], bit.rshift(0x80, slot % 8))
  end
  for b = 1, length do bytes[b] = string.char(bytes[b]) end
  return table.concat(bytes)
end
