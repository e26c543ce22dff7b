import type { sessionSpecSchema } from '@barkeep/bars';
import type { input } from 'zod';
import type { SpecInput } from './spec-input.js';

/** A type with every level readonly and every field required, so that a field that only one of two types has makes them differ. */
type Whole<T> = T extends readonly (infer U)[]
  ? readonly Whole<U>[]
  : T extends object
    ? { readonly [K in keyof T]-?: Whole<T[K]> }
    : T;
type Written = Whole<SpecInput>;
type Checked = Whole<input<ReturnType<typeof sessionSpecSchema>>>;
/** The names of the optional fields. */
type Optional<T> = { [K in keyof T]-?: object extends Pick<T, K> ? K : never }[keyof T];

test('the spec that a program writes has the fields of the schema that the coordinator checks, with the same values', () => {
  // The compiler checks these lines: each is an error when one of the types has something that the other lacks.
  const written = (spec: Checked): Written => spec;
  const checked = (spec: Written): Checked => spec;
  const optional = (name: Optional<SpecInput>): Optional<input<ReturnType<typeof sessionSpecSchema>>> => name;
  for (const same of [written, checked, optional]) expect(same).toBeInstanceOf(Function);
});
