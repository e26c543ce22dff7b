/**
 * The kinds of environment variables: whole number, switch, text, choice, list, server address.
 *
 * Guarantees: each kind parses the raw string into a typed value within its limits, and describes in words what it expects.
 * `variables.ts` lists the variables.
 */

/** The declaration of one environment variable. `T` is the type of its value in the configuration. */
export interface Variable<T> {
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
  /** Parses the variable's text into its value; undefined when the text is not valid. */
  readonly read: (text: string) => T | undefined;
  /** The value when the environment has no text and there is no default. */
  readonly unset?: T;
}

/** A default and limits, in the unit of the environment. */
interface Limits {
  default: number;
  min: number;
  max: number;
}

/** A whole number from `min` to `max`. @param scale the value in the configuration is the number times `scale` */
export function integer(
  name: string,
  doc: string,
  { unit, default: value, min, max }: Limits & { unit: string },
  scale = 1,
): Variable<number> {
  const read = (raw: string) => {
    const number = Number(raw);
    return /^\d{1,15}$/.test(raw) && number >= min && number <= max ? number * scale : undefined;
  };
  const expected = `a whole number from ${min} to ${max} (${unit})`;
  return { name, doc, unit, default: String(value), expected, read };
}

/** A duration in seconds; the configuration has it in milliseconds. */
export const seconds = (name: string, doc: string, limits: Limits) =>
  integer(name, doc, { unit: 'seconds', ...limits }, 1000);

/** A size in megabytes; the configuration has it in bytes. */
export const megabytes = (name: string, doc: string, limits: Limits) =>
  integer(name, doc, { unit: 'megabytes', ...limits }, 1_000_000);

/** A switch: `true/1/yes/on` or `false/0/no/off`, in upper or lower case. @param value the default */
export function flag(name: string, doc: string, value: boolean): Variable<boolean> {
  const read = (raw: string) => {
    if (/^(true|1|yes|on)$/i.test(raw)) return true;
    return /^(false|0|no|off)$/i.test(raw) ? false : undefined;
  };
  const expected = 'true, false, 1, 0, yes, no, on or off';
  return { name, doc, unit: 'true or false', default: String(value), expected, read };
}

interface TextOptions {
  pattern: RegExp;
  /** The pattern in words. */
  expected: string;
  unit?: string;
  default?: string;
  secret?: boolean;
  /** Converts the text into the value in the configuration. @default the text itself */
  as?: (text: string) => string;
}

/** A text of at most 1024 characters that matches `pattern`. */
export function text(name: string, doc: string, options: TextOptions & { default: string }): Variable<string>;
export function text(name: string, doc: string, options: TextOptions): Variable<string | undefined>;
export function text(
  name: string,
  doc: string,
  { pattern, as = String, ...options }: TextOptions,
): Variable<string | undefined> {
  const read = (raw: string) => (raw.length <= 1024 && pattern.test(raw) ? as(raw) : undefined);
  return { unit: 'text', ...options, name, doc, read };
}

/** One of the given words. @param value the default */
export function choice<const W extends string>(
  name: string,
  doc: string,
  words: readonly W[],
  value: NoInfer<W>,
): Variable<W> {
  const expected = `one of ${words.join(', ')}`;
  const read = (raw: string) => words.find((word) => word === raw);
  return { name, doc, unit: expected, default: value, expected, read };
}

interface ListOptions {
  /** What one item looks like, in words. */
  expected: string;
  accepts: (item: string) => boolean;
  max: number;
  default?: string;
  secret?: boolean;
  /** Splits the text into items. @default at each comma */
  split?: (raw: string) => string[];
}

export const atCommas = (raw: string) => raw.split(',').map((item) => item.trim());

/** A list of at most `max` different items, each accepted by `accepts`. The word `none` is the empty list. */
export function list(
  name: string,
  doc: string,
  { split = atCommas, accepts, max, ...options }: ListOptions,
): Variable<readonly string[]> {
  const read = (raw: string) => {
    const items = raw === 'none' ? [] : [...new Set(split(raw))];
    return items.length <= max && items.every(accepts) ? items : undefined;
  };
  const expected = `at most ${max} items, separated by commas, each ${options.expected}`;
  return { ...options, name, doc, unit: 'comma list', expected, read, unset: [] };
}

/** The address of a server; secret, because it may contain a password. User and password must be percent-encoded. */
export function serverUrl(
  name: string,
  doc: string,
  schemes: readonly string[],
  example: string,
): Variable<string | undefined> {
  const read = (raw: string) => {
    const url = URL.canParse(raw) ? new URL(raw) : undefined;
    const isServer = url !== undefined && schemes.includes(url.protocol.slice(0, -1)) && url.hostname !== '';
    return isServer && isPercentEncoded(url.username + url.password) ? raw : undefined;
  };
  const expected = `a URL such as ${example} (a % in the password is written %25)`;
  return { name, doc, unit: 'URL', expected, secret: true, read };
}

/** Whether each `%` of a text begins an encoded character. The clients of the servers fail on any other `%`. */
function isPercentEncoded(raw: string): boolean {
  try {
    decodeURIComponent(raw);
    return true;
  } catch {
    return false;
  }
}
