/**
 * The kinds of environment variables: whole number, switch, text, choice, list, server address. Each kind parses a text into a typed
 * value within its limits, and describes in words what it expects. `variables.ts` lists the variables, `.env.example` describes them.
 */

/** The declaration of one environment variable. `T` is the type of its value in the configuration. */
export interface Variable<T> {
  readonly name: string;
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

/** The smallest and the largest number, in the unit of the environment. */
interface Limits {
  min: number;
  max: number;
}

/** A whole number. @param value the default @param scale the value in the configuration is the number times `scale` */
export function integer(
  name: string,
  value: number,
  { unit, min, max }: Limits & { unit: string },
  scale = 1,
): Variable<number> {
  const read = (raw: string) => {
    const number = Number(raw);
    return /^\d{1,15}$/.test(raw) && number >= min && number <= max ? number * scale : undefined;
  };
  return { name, default: String(value), expected: `a whole number from ${min} to ${max} (${unit})`, read };
}

/** A duration in seconds; the configuration has it in milliseconds. @param value the default, in seconds */
export const seconds = (name: string, value: number, limits: Limits) =>
  integer(name, value, { unit: 'seconds', ...limits }, 1000);

/** A size in megabytes; the configuration has it in bytes. @param value the default, in megabytes */
export const megabytes = (name: string, value: number, limits: Limits) =>
  integer(name, value, { unit: 'megabytes', ...limits }, 1_000_000);

/** A switch: `true/1/yes/on` or `false/0/no/off`, in upper or lower case. @param value the default */
export function flag(name: string, value: boolean): Variable<boolean> {
  const read = (raw: string) => {
    if (/^(true|1|yes|on)$/i.test(raw)) return true;
    return /^(false|0|no|off)$/i.test(raw) ? false : undefined;
  };
  return { name, default: String(value), expected: 'true, false, 1, 0, yes, no, on or off', read };
}

type Common = Pick<Variable<unknown>, 'expected' | 'default' | 'secret'>;

interface TextOptions extends Common {
  pattern: RegExp;
  /** Converts the text into the value in the configuration. @default the text itself */
  as?: (text: string) => string;
}

/** A text of at most 1024 characters that matches `pattern`. */
export function text(name: string, options: TextOptions & { default: string }): Variable<string>;
export function text(name: string, options: TextOptions): Variable<string | undefined>;
export function text(name: string, { pattern, as = String, ...options }: TextOptions): Variable<string | undefined> {
  const read = (raw: string) => (raw.length <= 1024 && pattern.test(raw) ? as(raw) : undefined);
  return { ...options, name, read };
}

/** One of the given words. @param value the default */
export function choice<const W extends string>(name: string, words: readonly W[], value: NoInfer<W>): Variable<W> {
  const read = (raw: string) => words.find((word) => word === raw);
  return { name, default: value, expected: `one of ${words.join(', ')}`, read };
}

/** `expected` describes one item. */
interface ListOptions extends Common {
  accepts: (item: string) => boolean;
  max: number;
  /** Splits the text into items. @default at each comma */
  split?: (raw: string) => string[];
}

export const atCommas = (raw: string) => raw.split(',').map((item) => item.trim());

/** A list of at most `max` different items, each accepted by `accepts`. The word `none` is the empty list. */
export function list(
  name: string,
  { split = atCommas, accepts, max, ...options }: ListOptions,
): Variable<readonly string[]> {
  const read = (raw: string) => {
    const items = raw === 'none' ? [] : [...new Set(split(raw))];
    return items.length <= max && items.every(accepts) ? items : undefined;
  };
  const expected = `at most ${max} items, separated by commas, each ${options.expected}`;
  return { ...options, name, expected, read, unset: [] };
}

/** The address of a server; secret, because it may contain a password. User and password must be percent-encoded. */
export function serverUrl(name: string, schemes: readonly string[], example: string): Variable<string | undefined> {
  const read = (raw: string) => {
    const url = URL.canParse(raw) ? new URL(raw) : undefined;
    const isServer = url !== undefined && schemes.includes(url.protocol.slice(0, -1)) && url.hostname !== '';
    return isServer && isPercentEncoded(url.username + url.password) ? raw : undefined;
  };
  return { name, expected: `a URL such as ${example} (a % in the password is written %25)`, secret: true, read };
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
