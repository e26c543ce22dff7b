/** Scripts that read: one command costs both sides less than the many, or the pipeline, in its place. They change nothing. */

/**
 * KEYS chunks of one partition; ARGV first and last byte. Answers the bytes of each, fewer where a chunk has fewer, none where it is
 * not there.
 */
export const READ_SLOTS = `
local found = {}
for i, key in ipairs(KEYS) do found[i] = redis.call('GETRANGE', key, ARGV[1], ARGV[2]) end
return found
`;

/**
 * KEYS meta of partition 0, a chunk of it; ARGV first and last byte. Answers one run of bytes, which is cheaper to take apart than a
 * list: incarnation, clock, retainedFrom, version and joining, each with a `|` after it, then the bytes of the chunk.
 */
export const READ_NEWEST = `
local m = redis.call('HMGET', KEYS[1], 'incarnation', 'clock', 'retainedFrom', 'version', 'joining')
local bytes = redis.call('GETRANGE', KEYS[2], ARGV[1], ARGV[2])
return (m[1] or '')..'|'..(m[2] or '')..'|'..(m[3] or '')..'|'..(m[4] or '')..'|'..(m[5] or '')..'|'..bytes
`;
