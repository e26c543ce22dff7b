/**
 * The kinds of environment variable: whole number, switch, text, choice, list, server address.
 *
 * Guarantees: each kind parses the raw string into a typed value within its limits, and describes in words what it expects.
 * `variables.ts` lists the variables.
 */
import { z } from 'zod';

/** The declaration of one environment variable. `T` is the type of its value in the configuration. */
export interface Variable<T> {
  /** Its name in the environment. */
  readonly name: string;
  /** One line for people, without the unit and the default. */
  readonly doc: string;
  /** Unit of the value in the environment, such as `seconds`. */
  readonly unit: string;
  /** Default, as text; `undefined` when there is none. */
  readonly default?: string | undefined;
  /** Describes a valid value; used in errors: "expected …". */
  readonly expected: string;
  /** A secret's value never appears in an error. */
  readonly secret?: boolean | undefined;
  readonly schema: z.ZodType<T, string>;
  /** The value where there is neither a text nor a default. */
  readonly unset?: T;
}

interface Limits {
  default: number;
  min: number;
  max: number;
}

/** A whole number in `[min, max]`. @param scale the number times this is the value in the configuration */
export function integer(
  name: string,
  doc: string,
  { unit, default: value, min, max }: Limits & { unit: string },
  scale = 1,
): Variable<number> {
  const schema = z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.number().int().min(min).max(max))
    .transform((number) => number * scale);
  return {
    name,
    doc,
    unit,
    default: String(value),
    expected: `a whole number from ${min} to ${max} (${unit})`,
    schema,
  };
}

/** Seconds; milliseconds in the configuration. */
export const seconds = (name: string, doc: string, limits: Limits) =>
  integer(name, doc, { unit: 'seconds', ...limits }, 1000);

/** Megabytes; bytes in the configuration. */
export const megabytes = (name: string, doc: string, limits: Limits) =>
  integer(name, doc, { unit: 'megabytes', ...limits }, 1_000_000);

const SWITCH_WORDS = ['true', '1', 'yes', 'on', 'false', '0', 'no', 'off'];

/** A switch; `true/1/yes/on` and `false/0/no/off`, in any case. */
export function flag(name: string, doc: string, value: boolean): Variable<boolean> {
  const schema = z
    .string()
    .toLowerCase()
    .pipe(z.enum(SWITCH_WORDS))
    .transform((word) => SWITCH_WORDS.indexOf(word) < 4);
  const expected = 'true, false, 1, 0, yes, no, on or off';
  return { name, doc, unit: 'true or false', default: String(value), expected, schema };
}

interface TextOptions {
  pattern: RegExp;
  /** The pattern in words. */
  expected: string;
  unit?: string;
  default?: string;
  secret?: boolean;
  /** What the configuration has instead of the text. */
  as?: (text: string) => string;
}

/** A short text that matches `pattern`. */
export function text(name: string, doc: string, options: TextOptions & { default: string }): Variable<string>;
export function text(name: string, doc: string, options: TextOptions): Variable<string | undefined>;
export function text(
  name: string,
  doc: string,
  { pattern, as = String, ...options }: TextOptions,
): Variable<string | undefined> {
  return { unit: 'text', ...options, name, doc, schema: z.string().max(1024).regex(pattern).transform(as) };
}

/** One of a few words. @param value the default */
export function choice<const W extends string>(
  name: string,
  doc: string,
  words: readonly W[],
  value: NoInfer<W>,
): Variable<W> {
  const expected = `one of ${words.join(', ')}`;
  return { name, doc, unit: expected, default: value, expected, schema: z.enum(words) };
}

interface ListOptions {
  /** What one item looks like, in words. */
  expected: string;
  accepts: (item: string) => boolean;
  /** Most items. */
  max: number;
  default?: string;
  secret?: boolean;
  /** Splits the text into items. @default at each comma */
  split?: (raw: string) => string[];
}

const atCommas = (raw: string) => raw.split(',').map((item) => item.trim());

/** A list of at most `max` different items, each accepted by `accepts`. The word `none` is the empty list. */
export function list(
  name: string,
  doc: string,
  { split = atCommas, accepts, max, ...options }: ListOptions,
): Variable<readonly string[]> {
  const schema = z
    .string()
    .transform((raw) => (raw === 'none' ? [] : [...new Set(split(raw))]))
    .pipe(z.array(z.string().refine(accepts)).max(max));
  const expected = `at most ${max} items, separated by commas, each ${options.expected}`;
  return { ...options, name, doc, unit: 'comma list', expected, schema, unset: [] };
}

/** The address of a server; secret, because it may carry a password. */
export function serverUrl(
  name: string,
  doc: string,
  schemes: readonly string[],
  example: string,
): Variable<string | undefined> {
  const accepts = (raw: string): boolean => {
    if (!URL.canParse(raw)) return false;
    const url = new URL(raw);
    return schemes.includes(url.protocol.slice(0, -1)) && url.hostname !== '';
  };
  const schema = z.string().refine(accepts);
  return { name, doc, unit: 'URL', expected: `a URL such as ${example}`, secret: true, schema };
}
