/** Takes fields out of an answer and holds each against what it should be. Pure. */
import { UnexpectedAnswerError } from '../outage/index.js';

/** An object of which nothing is known yet. */
export type Fields = Record<string, unknown>;

/** A count, or the sum of counts by reason. */
export function sum(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((total, count) => total + (typeof count === 'number' ? count : 0), 0);
}

export function object(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unexpected(what, value);
  return { ...value };
}

export function array(fields: Fields, name: string): unknown[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw unexpected(`an array "${name}"`, value);
  return value;
}

export function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw unexpected(`a text "${name}"`, value);
  return value;
}

export function textOrNull(fields: Fields, name: string): string | null {
  return fields[name] === undefined || fields[name] === null ? null : text(fields, name);
}

export function number(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number') throw unexpected(`a number "${name}"`, value);
  return value;
}

export function unexpected(expected: string, value: unknown): UnexpectedAnswerError {
  const was = JSON.stringify(value)?.slice(0, 200) ?? 'nothing';
  return new UnexpectedAnswerError(`expected ${expected} in the coordinator's answer, was ${was}`);
}
