/**
 * Runs one schedule in a lab: starts a session, causes its faults, waits for its end, removes it, and looks for keys and
 * jobs that are left. The checker (checker.ts) judges the results.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { jobPrefix } from '@barkeep/service';
import type { Session } from '../support/system/api.js';
import { type Evidence, type Outcome, type Violation, violationsOf } from './checker.js';
import { faultNamed } from './faults/index.js';
import { KINDS, type KindName } from './kinds.js';
import type { Lab } from './lab/lab.js';
import { Observer } from './observer.js';
import type { PlannedFault, Schedule } from './schedule.js';
import { SessionUnderTest } from './session.js';

/** A session that has not ended by then stands still. */
const END_LIMIT_MS = 180_000;
const CHECK_EVERY_MS = 150;
const SUPERVISE_EVERY_MS = 500;
/** Without progress for this long, the bars of a fed session are sent again. */
const FEED_AGAIN_MS = 5_000;
/** Keys and jobs may stay this long after a session was removed. */
const LEFT_LIMIT_MS = 40_000;
/** Symbols whose metrics are compared. */
const METRICS_SYMBOLS = 4;
/** How many of the sessions that were removed last are searched for keys. */
const REMOVED_CHECKED = 3;
/** Faults whose names begin with the same word of these act on the same resource, so they happen one after another. */
const RESOURCES = ['session-redis', 'queue-redis', 'postgres', 'coordinator', 'worker', 'consumer', 'call', 'clock'];

/** How long a session took to progress after a fault, real ms. */
interface Recovery {
  fault: string;
  ms: number;
}

export interface ScheduleResult {
  schedule: Schedule;
  violations: Violation[];
  recoveries: Recovery[];
  /** What happened when: `MS TEXT`, in ms after the start of the schedule. */
  trace: string[];
  tookMs: number;
}

/** When a fault was active, epoch ms of real time. */
interface Span {
  name: string;
  from: number;
  to: number;
}

/** Outcomes of undisturbed sessions, by kind. */
export type References = Map<KindName, Promise<Outcome>>;

export class Runner {
  private runs = 0;
  /** Key patterns of the sessions that were removed: none of their keys may come back. */
  private readonly removedPatterns: string[] = [];

  constructor(
    private readonly lab: Lab,
    private readonly references: References,
  ) {}

  /** @throws when the session of the schedule cannot start, or its undisturbed session does not end */
  async run(schedule: Schedule): Promise<ScheduleResult> {
    const startedAt = Date.now();
    const reference = await this.reference(schedule.kind);
    const trace: string[] = [];
    const note = (line: string): void => void trace.push(`${String(Date.now() - startedAt).padStart(6)} ${line}`);
    const session = new SessionUnderTest(this.lab, `s${schedule.seed}-${++this.runs}`, schedule.kind);
    const violations: Violation[] = [];
    const fail = (kind: Violation['kind'], error: unknown): void => {
      violations.push({ kind, what: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
      note(String(error));
    };
    await session.begin();
    note('started');
    const observer = new Observer(session);
    const supervisor = new Supervisor(session, note);
    const spans = await this.runFaults(schedule.faults, session, note, (error) => fail('stands-still', error));
    const outcome = await this.untilEnd(session, observer, note).catch((error: unknown) => {
      fail('stands-still', error);
      return undefined;
    });
    note('settled');
    const observations = await observer.stop();
    await supervisor.stop();
    const left = await this.remove(session).catch((error: unknown) => {
      fail('stands-still', error);
      return { keysLeft: [], jobsLeft: [] };
    });
    note('removed');
    const setsBack = schedule.faults.some(({ name }) => faultNamed(name).setsBack);
    // A consumer may end with an error when its session lost data or was stopped.
    const mayEnd = setsBack || schedule.faults.some(({ name }) => name === 'call-stop');
    const processes = [...this.lab.processes, ...(mayEnd ? [] : session.programs)];
    const deaths = processes.flatMap((process) => process.deaths.splice(0));
    const evidence: Evidence = {
      kind: KINDS[schedule.kind],
      reference,
      outcome,
      observations,
      setsBack,
      deaths,
      ...left,
    };
    violations.push(...violationsOf(evidence));
    const recoveries = recoveriesOf(
      spans,
      observations.samples.map(({ at }) => at),
    );
    return { schedule, violations, recoveries, trace, tookMs: Date.now() - startedAt };
  }

  /** The outcome of an undisturbed session of a kind. */
  private reference(kind: KindName): Promise<Outcome> {
    const known = this.references.get(kind);
    if (known) return known;
    const reference = this.undisturbed(kind);
    this.references.set(kind, reference);
    // After a failure the next schedule tries again.
    reference.catch(() => this.references.delete(kind));
    return reference;
  }

  private async undisturbed(kind: KindName): Promise<Outcome> {
    const session = new SessionUnderTest(this.lab, `reference-${kind}-${++this.runs}`, kind);
    await session.begin();
    const observer = new Observer(session);
    const outcome = await this.untilEnd(session, observer, () => undefined);
    await observer.stop();
    await this.remove(session);
    return outcome;
  }

  /** Runs each fault at its time, or later when another fault of the same resource still runs. @returns when each ran */
  private async runFaults(
    planned: readonly PlannedFault[],
    session: SessionUnderTest,
    note: (line: string) => void,
    fail: (error: unknown) => void,
  ): Promise<Span[]> {
    const startedAt = Date.now();
    /** The last fault of each resource so far. */
    const lastOf = new Map<string, Promise<void>>();
    const spans: Span[] = [];
    const runOne = async ({ name, forMs, pick }: PlannedFault): Promise<void> => {
      const span = { name, from: Date.now(), to: Infinity };
      spans.push(span);
      note(`${name} begins`);
      try {
        await faultNamed(name).run({ lab: this.lab, session, forMs, pick });
      } catch (error) {
        fail(error);
      }
      span.to = Date.now();
      note(`${name} ends`);
    };
    const all = planned.map(async (fault) => {
      await delay(Math.max(0, startedAt + fault.atMs - Date.now()));
      const resource = RESOURCES.find((prefix) => fault.name.startsWith(prefix)) ?? fault.name.split('-')[0]!;
      const next = (lastOf.get(resource) ?? Promise.resolve()).then(() => runOne(fault));
      lastOf.set(resource, next);
      await next;
    });
    await Promise.all(all);
    return spans;
  }

  /**
   * Waits until the session has reached its end. Starts it again when its data was lost or a fault stopped it, and sends
   * the bars of a fed session again when they were lost.
   */
  private async untilEnd(
    session: SessionUnderTest,
    observer: Observer,
    note: (line: string) => void,
  ): Promise<Outcome> {
    const deadline = Date.now() + END_LIMIT_MS;
    let lastState = '';
    for (;;) {
      const status = await session.status();
      if (status.state !== lastState) note(`state ${status.state}`);
      lastState = status.state;
      if (status.state === 'failed') throw new Error(`the session failed: ${status.error}`);
      if (status.state === 'lost' || status.state === 'stopped' || status.state === 'created') {
        await session.steer('start');
        if (session.feeder?.hasFinished) await session.feedAgain();
      }
      const isQuiet = Date.now() - observer.progressAt > FEED_AGAIN_MS;
      if (session.feeder?.hasFinished && status.state !== 'completed' && isQuiet) {
        note('feeds again');
        await session.feedAgain();
      }
      if (isSettled(status) && session.consumers.every((consumer) => consumer.hasFinished))
        return this.outcome(session);
      if (Date.now() > deadline) {
        const programs = session.consumers.map(
          (consumer) => `${consumer.name} ${consumer.hasFinished ? 'finished' : 'runs'}`,
        );
        throw new Error(`not at its end after ${END_LIMIT_MS} ms: ${JSON.stringify(status)} ${programs.join(', ')}`);
      }
      await delay(CHECK_EVERY_MS);
    }
  }

  private async outcome(session: SessionUnderTest): Promise<Outcome> {
    const { counts, consumers } = await session.status();
    const symbols = session.kind.spec['symbols'] as string[];
    const metrics = [];
    for (const symbol of symbols.slice(0, METRICS_SYMBOLS)) metrics.push(await session.metrics(symbol));
    const sorted = consumers.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return { digest: await session.digest(), counts, metrics, consumers: sorted };
  }

  /** Removes the session. @returns jobs of it, and keys of it and of sessions removed before, that stay after a while */
  private async remove(session: SessionUnderTest): Promise<{ keysLeft: string[]; jobsLeft: string[] }> {
    await Promise.all(session.programs.map((program) => program.end('SIGKILL')));
    await session.remove();
    this.removedPatterns.push(session.keyPattern);
    const deadline = Date.now() + LEFT_LIMIT_MS;
    for (;;) {
      const keysLeft = await this.keysLeft();
      const jobsLeft = await this.jobsOf(session.id);
      if ((keysLeft.length === 0 && jobsLeft.length === 0) || Date.now() > deadline) return { keysLeft, jobsLeft };
      await delay(CHECK_EVERY_MS);
    }
  }

  private async keysLeft(): Promise<string[]> {
    const { client } = this.lab.redis.session;
    const patterns = this.removedPatterns.slice(-REMOVED_CHECKED);
    const keys = await Promise.all(patterns.map((pattern) => client.keys(pattern)));
    return keys.flat();
  }

  /** Jobs of a session that are not finished: `QUEUE LIST ID`. */
  private async jobsOf(id: string): Promise<string[]> {
    const { client } = this.lab.redis.queue;
    const found: string[] = [];
    for (const queue of ['stream', 'detect-gaps', 'backfill', 'aggregate']) {
      const key = (list: string): string => `${jobPrefix(`${this.lab.sessionPrefix}-bull`)}:${queue}:${list}`;
      const lists = [
        ...['wait', 'active', 'paused'].map(async (list) => [list, await client.lrange(key(list), 0, -1)] as const),
        ...['delayed', 'prioritized', 'waiting-children'].map(
          async (list) => [list, await client.zrange(key(list), 0, -1)] as const,
        ),
      ];
      for (const [list, ids] of await Promise.all(lists)) {
        found.push(...ids.filter((job) => job.includes(id)).map((job) => `${queue} ${list} ${job}`));
      }
    }
    return found;
  }
}

/** Starts the user's programs again when they end before the session does. */
class Supervisor {
  private isDone = false;
  private readonly running: Promise<void>;

  constructor(
    private readonly session: SessionUnderTest,
    private readonly note: (line: string) => void,
  ) {
    this.running = this.watch();
  }

  async stop(): Promise<void> {
    this.isDone = true;
    await this.running;
  }

  private async watch(): Promise<void> {
    while (!this.isDone) {
      await delay(SUPERVISE_EVERY_MS);
      for (const program of this.session.programs) {
        if (program.hasChild || program.hasFinished || program.isEnding) continue;
        this.note(`${program.name} starts again`);
        await program.start().catch(() => undefined);
      }
    }
  }
}

function isSettled({ state, counts, watermark, frontier }: Session): boolean {
  return state === 'completed' && counts.absent === 0 && counts.missing === 0 && watermark === frontier;
}

/** Faults whose recovery is measured from their beginning, when a process ends. All others are measured from their end. */
const FROM_START = /^(coordinator|worker|consumer)-(kill|term)$/;

/**
 * The recovery of each fault after which no other fault was active until the session progressed. Of other faults it is
 * unknown to which one the session reacted. @param progress times at which the session progressed, epoch ms of real time
 */
function recoveriesOf(spans: readonly Span[], progress: readonly number[]): Recovery[] {
  return spans.flatMap((span) => {
    const from = FROM_START.test(span.name) ? span.from : span.to;
    const next = progress.find((at) => at > from);
    if (next === undefined) return [];
    const isAlone = spans.every((other) => other === span || other.to <= from || other.from >= next);
    return isAlone ? [{ fault: span.name, ms: next - from }] : [];
  });
}
