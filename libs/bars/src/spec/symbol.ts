/** Symbols: the names that vendors give to instruments, in either case. `BACpB` and `BACPB` are two symbols. */

/** Letters, digits and the signs that vendors use. `.` and `..` are excluded because they are path segments in a URL. */
export const SYMBOL_PATTERN = /^(?!\.{1,2}$)[A-Za-z0-9._\-/^=:+@#&$~]{1,64}$/;

/** What a field that matches {@link SYMBOL_PATTERN} expects. */
export const SYMBOL_WORDS = 'a symbol of 1 to 64 letters, digits and . _ - / ^ = : + @ # & $ ~ (not . or ..)';
