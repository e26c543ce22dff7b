/**
 * The kinds of environment variable: whole number, switch, text, choice, list, server address.
 *
 * Guarantees: each kind parses the raw string into a typed value within its limits, and describes in words what it expects.
 * `variables.ts` lists the variables; `config.ts` groups them.
 */
import { z } from 'zod';

/** The declaration of one environment variable. `T` is the type of its parsed value. */
export interface Variable<T> {
  /** Its name in the environment. */
  readonly name: string;
  /** One line for people, without the unit and the default. */
  readonly doc: string;
  /** Unit of the value in the environment, such as `seconds`. */
  readonly unit: string;
  /** Default, as text; `undefined` when there is none. */
  readonly default: string | undefined;
  /** Describes a valid value; used in errors: "expected …". */
  readonly expected: string;
  /** A secret's value never appears in an error. */
  readonly secret: boolean;
  readonly schema: z.ZodType<T, string>;
}

interface Described {
  name: string;
  doc: string;
  unit?: string;
  default?: string;
}

function variable<T>(about: Described, expected: string, schema: z.ZodType<T, string>, secret = false): Variable<T> {
  return {
    name: about.name,
    doc: about.doc,
    unit: about.unit ?? 'text',
    default: about.default,
    expected,
    secret,
    schema,
  };
}

/** A whole number in `[min, max]`. */
export function integer(
  about: Omit<Described, 'default'> & { unit: string; default: number; min: number; max: number },
) {
  const schema = z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.number().int().min(about.min).max(about.max));
  const expected = `a whole number from ${about.min} to ${about.max} (${about.unit})`;
  return variable<number>({ ...about, default: String(about.default) }, expected, schema);
}

const switchWords: Readonly<Record<string, boolean>> = {
  true: true,
  '1': true,
  yes: true,
  on: true,
  false: false,
  '0': false,
  no: false,
  off: false,
};

/** A switch; `true/1/yes/on` and `false/0/no/off`, in any case. */
export function flag(about: { name: string; doc: string; default: boolean }) {
  const schema = z
    .string()
    .toLowerCase()
    .pipe(z.enum(Object.keys(switchWords)))
    .transform((word) => switchWords[word] === true);
  const described = { name: about.name, doc: about.doc, unit: 'true or false', default: String(about.default) };
  return variable<boolean>(described, 'true, false, 1, 0, yes, no, on or off', schema);
}

/** A short text that matches `pattern`; `expected` describes the pattern in words. */
export function text(about: Described & { expected: string; pattern: RegExp; secret?: boolean }) {
  return variable<string>(about, about.expected, z.string().max(1024).regex(about.pattern), about.secret);
}

/** One of a few words. */
export function choice<const W extends string>(about: { name: string; doc: string; words: readonly W[]; default?: W }) {
  const words = about.words.join(', ');
  return variable<W>({ ...about, unit: `one of ${words}` }, `one of ${words}`, z.enum(about.words));
}

interface ListOptions {
  /** What one item looks like, in words. */
  expected: string;
  accepts: (item: string) => boolean;
  /** Most items. */
  max: number;
  secret?: boolean;
  /** Splits the text into items. @default at each comma */
  split?: (raw: string) => string[];
}

const atCommas = (raw: string) => raw.split(',').map((item) => item.trim());

/** A list of at most `max` different items, each accepted by `accepts`. The word `none` is the empty list. */
export function list({ split = atCommas, ...about }: Described & ListOptions) {
  const schema: z.ZodType<readonly string[], string> = z
    .string()
    .transform((raw) => (raw === 'none' ? [] : [...new Set(split(raw))]))
    .pipe(z.array(z.string().refine(about.accepts)).max(about.max));
  const expected = `at most ${about.max} items, separated by commas, each ${about.expected}`;
  return variable<readonly string[]>(about, expected, schema, about.secret);
}

/** The address of a server; secret, because it may carry a password. */
export function serverUrl(about: { name: string; doc: string; schemes: readonly string[]; example: string }) {
  const accepts = (raw: string): boolean => {
    if (!URL.canParse(raw)) return false;
    const url = new URL(raw);
    return about.schemes.includes(url.protocol.slice(0, -1)) && url.hostname !== '';
  };
  return variable<string>(
    { ...about, unit: 'URL' },
    `a URL such as ${about.example}`,
    z.string().refine(accepts),
    true,
  );
}
