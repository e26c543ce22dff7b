/** The type of a session spec as a caller writes it: the spec of docs/api.md before its defaults are filled in. */
import type { sessionSpecSchema } from '@barkeep/bars';
import type { input } from 'zod';

/** A session spec; only `symbols`, `start`, `end` and `source` are needed, everything else has a default (docs/api.md). */
export type SpecInput = Given<input<ReturnType<typeof sessionSpecSchema>>>;

/** Makes every level readonly, so that `as const` objects are accepted. */
type Given<T> = T extends readonly (infer U)[]
  ? readonly Given<U>[]
  : T extends object
    ? { readonly [K in keyof T]: Given<T[K]> }
    : T;
