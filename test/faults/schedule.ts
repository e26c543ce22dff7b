/**
 * Decides from a seed which session a schedule runs, and which faults happen when. The same seed gives the same schedule.
 * Pure.
 */
import { seeded } from '../support/data/seeded.js';
import type { FaultInfo } from './faults/fault.js';
import { KINDS, type KindName } from './kinds.js';

export interface PlannedFault {
  name: string;
  /** When it begins, ms after the start of the session. */
  atMs: number;
  /** How long it lasts, ms; a fault that happens at once ignores it. */
  forMs: number;
  /** Chooses the process, the gate or the amount: a number in [0, 1). */
  pick: number;
}

export interface Schedule {
  seed: number;
  kind: KindName;
  faults: readonly PlannedFault[];
  /** Kinds of further sessions that run at the same time in the same lab. The faults are aimed at the first session. */
  crowd?: readonly KindName[];
}

/** The faults to choose from; `only` names one of them, `kind` one kind of session. */
interface ScheduleOptions {
  faults: readonly FaultInfo[];
  only?: string;
  kind?: KindName;
  /** How many further sessions run at the same time. @default 0 */
  crowd?: number;
}

const FAULTS_MAX = 4;
const START_MIN_MS = 100;
const START_MAX_MS = 3_000;
const LENGTH_MIN_MS = 300;
const LENGTH_MAX_MS = 4_000;
/**
 * Neighbouring seeds give similar first numbers of the generator. So each seed is multiplied by this prime near 2^32
 * divided by the golden ratio, and the first numbers are skipped.
 */
const SPREAD = 0x9e3779b1;
const SKIPPED_NUMBERS = 8;

/** @param seed a whole number of 1 or more */
export function scheduleOf(seed: number, { faults, only, kind, crowd = 0 }: ScheduleOptions): Schedule {
  const random = seeded(Math.imul(seed, SPREAD));
  for (let i = 0; i < SKIPPED_NUMBERS; i++) random.next();
  const chosenKind = kind ?? random.pick(suitableKinds(faults, only));
  const suitableFaults = faults.filter((fault) => !fault.isByName && fault.suits(KINDS[chosenKind]));
  const count = random.int(1, FAULTS_MAX + 1);
  const planned = Array.from({ length: count }, (): PlannedFault => ({
    name: only ?? random.pick(suitableFaults).name,
    atMs: random.int(START_MIN_MS, START_MAX_MS),
    forMs: random.int(LENGTH_MIN_MS, LENGTH_MAX_MS),
    pick: random.next(),
  }));
  planned.sort((a, b) => a.atMs - b.atMs);
  if (crowd === 0) return { seed, kind: chosenKind, faults: planned };
  const allKinds = Object.keys(KINDS) as KindName[];
  const others = Array.from({ length: crowd }, () => random.pick(allKinds));
  return { seed, kind: chosenKind, faults: planned, crowd: others };
}

/** The kinds of sessions that the fault `only` suits; all kinds without `only`. */
function suitableKinds(faults: readonly FaultInfo[], only: string | undefined): KindName[] {
  const kinds = (Object.keys(KINDS) as KindName[]).filter((kind) => !KINDS[kind].isByName);
  if (only === undefined) return kinds;
  return kinds.filter((kind) => faults.some((fault) => fault.name === only && fault.suits(KINDS[kind])));
}

/** A schedule in one line. */
export function describe({ kind, faults, crowd = [] }: Schedule): string {
  return `${[kind, ...crowd].join(' ')}: ${faults.map(({ name, atMs, forMs }) => `${name}@${atMs}+${forMs}`).join(', ')}`;
}
