/**
 * Runs one schedule in a lab: starts its sessions, causes its faults, waits for the ends, removes the sessions, and looks for
 * keys and jobs that are left. The checker (checker.ts) judges the results.
 */
import { type Evidence, type Outcome, type Violation, violationsOf } from './checker.js';
import { faultNamed } from './faults/index.js';
import { Journal } from './journal.js';
import type { KindName } from './kinds.js';
import type { Lab } from './lab/lab.js';
import { Leftovers } from './leftovers.js';
import { Observer } from './observer.js';
import { causeFaults, recoveriesOf, type Recovery } from './planned-faults.js';
import type { Schedule } from './schedule.js';
import { endOf } from './session-end.js';
import { SessionUnderTest } from './session.js';
import { expectTrueBars } from './truth.js';
import { Supervisor } from './supervisor.js';

export interface ScheduleResult {
  schedule: Schedule;
  violations: Violation[];
  recoveries: Recovery[];
  /** See {@link Journal.trace}. */
  trace: string[];
  tookMs: number;
}

/** A session of a schedule, and what watches it. */
interface Watched {
  session: SessionUnderTest;
  observer: Observer;
  supervisor: Supervisor;
}

/** Outcomes of undisturbed sessions, by kind. */
export type References = Map<KindName, Promise<Outcome>>;

export class Runner {
  private runs = 0;
  private readonly leftovers: Leftovers;

  constructor(
    private readonly lab: Lab,
    private readonly references: References,
  ) {
    this.leftovers = new Leftovers(lab);
  }

  /** @throws when a session of the schedule cannot start, or an undisturbed session does not end */
  async run(schedule: Schedule): Promise<ScheduleResult> {
    const { seed, faults } = schedule;
    const kinds = [schedule.kind, ...(schedule.crowd ?? [])];
    const journal = new Journal();
    for (const kind of kinds) await this.reference(kind);
    const sessions = kinds.map((kind) => new SessionUnderTest(this.lab, `s${seed}-${++this.runs}`, kind));
    await Promise.all(sessions.map((session) => session.begin()));
    journal.note('started');
    const watched = sessions.map((session) => {
      return { session, observer: new Observer(session), supervisor: new Supervisor(session, journal) };
    });
    const spans = await causeFaults(faults, sessions[0]!, journal);
    const ended = await Promise.all(watched.map((one) => this.endSession(one, schedule, journal)));
    journal.note('removed');
    const deaths = this.takeDeaths(schedule, sessions).map((what): Violation => ({ kind: 'dead', what }));
    const progress = ended[0]!.observations.samples.map(({ at }) => at);
    return {
      schedule,
      violations: [...journal.violations, ...deaths, ...ended.flatMap(({ violations }) => violations)],
      recoveries: recoveriesOf(spans, progress),
      trace: journal.trace,
      tookMs: journal.tookMs,
    };
  }

  /** Waits for the end of a session, removes it, and judges it. */
  private async endSession({ session, observer, supervisor }: Watched, schedule: Schedule, journal: Journal) {
    const { kindName, kind } = session;
    const outcome = await journal.attempt(() =>
      endOf(session, observer, (line) => journal.note(`${kindName}: ${line}`)),
    );
    journal.note(`${kindName}: settled`);
    const observations = await observer.stop();
    await supervisor.stop();
    const left = await journal.attempt(() => this.remove(session));
    const violations = violationsOf({
      kind,
      reference: await this.reference(kindName),
      outcome,
      observations,
      setsBack: setsBack(schedule),
      changesSymbols: schedule.faults.some(({ name }) => name === 'call-symbols'),
      ...(left ?? { keysLeft: [], jobsLeft: [] }),
    });
    return {
      observations,
      violations: violations.map(({ kind: type, what }) => ({ kind: type, what: `${kindName}: ${what}` })),
    };
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
    let outcome: Outcome;
    try {
      outcome = await endOf(session, observer, () => undefined);
      await expectTrueBars(session);
    } finally {
      await observer.stop(); // otherwise it would watch forever, and the campaign would not end
    }
    await this.remove(session);
    return outcome;
  }

  /** Removes the session and its programs. @returns what it left behind */
  private async remove(session: SessionUnderTest): Promise<Pick<Evidence, 'keysLeft' | 'jobsLeft'>> {
    await Promise.all(session.programs.map((program) => program.end('SIGKILL')));
    await session.remove();
    return this.leftovers.after(session);
  }

  /** Takes the deaths since the last schedule. A consumer may end with an error when its session lost data or was stopped. */
  private takeDeaths(schedule: Schedule, sessions: readonly SessionUnderTest[]): string[] {
    const mayEnd = setsBack(schedule) || schedule.faults.some(({ name }) => name === 'call-stop');
    const programs = mayEnd ? [] : sessions.flatMap((session) => session.programs);
    const processes = [...this.lab.processes, ...programs];
    return processes.flatMap((process) => process.deaths.splice(0));
  }
}

/** Whether a fault of the schedule may take data from the session store. */
function setsBack({ faults }: Schedule): boolean {
  return faults.some(({ name }) => faultNamed(name).setsBack);
}
