/**
 * Runs schedules in several labs at the same time. A schedule says which faults happen when in one session. A lab is a set of servers and
 * processes. References are the results of undisturbed sessions, to which those of schedules are compared.
 */
import { Lab } from './lab/lab.js';
import { type References, Runner, type ScheduleResult } from './runner.js';
import type { Schedule } from './schedule.js';

/** Schedules that one lab runs before a new one takes its place. */
const LAB_SCHEDULES = 40;
/** Attempts for one schedule, the start of a lab included. */
const ATTEMPTS_MAX = 3;

interface CampaignOptions {
  /** How many labs run at the same time. */
  labs: number;
  /** Receives each result. */
  add: (result: ScheduleResult) => void;
  print: (line: string) => void;
}

export async function campaign(schedules: readonly Schedule[], options: CampaignOptions): Promise<void> {
  // One iterator for all labs, so that each schedule runs once.
  const queue = schedules.values();
  const references: References = new Map();
  await Promise.all(Array.from({ length: options.labs }, () => runInTurn(queue, references, options)));
}

/**
 * Runs schedules one after another. A new lab replaces the old one after a failed schedule, and after {@link LAB_SCHEDULES}.
 * When the undisturbed session of a schedule does not end, the lab itself is broken: `Runner.run` throws, {@link LabPlace} closes the lab,
 * and the schedule runs again in a new one.
 */
async function runInTurn(
  schedules: Iterable<Schedule>,
  references: References,
  { add, print }: CampaignOptions,
): Promise<void> {
  const place = new LabPlace(references, print);
  for (const schedule of schedules) {
    const result = await retried(
      () => place.run(schedule),
      (error) => print(`seed ${schedule.seed} did not run: ${String(error)}`),
    );
    add(result);
    if (result.violations.length > 0 || place.runs === LAB_SCHEDULES) await place.close();
  }
  await place.close();
}

/** Calls `act` again after a failure. @throws the error of the last attempt */
async function retried<T>(act: () => Promise<T>, onFailure: (error: unknown) => void): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (attempt === ATTEMPTS_MAX) throw error;
      onFailure(error);
    }
  }
}

/** A place for one lab at a time, which is created when a schedule needs it. */
class LabPlace {
  /** Schedules that the present lab has begun. */
  runs = 0;
  private lab: Lab | undefined;
  private runner: Runner | undefined;

  constructor(
    private readonly references: References,
    private readonly print: (line: string) => void,
  ) {}

  /** Runs a schedule in the present lab, or in a new one. @throws as `Runner.run` does; then the lab is closed */
  async run(schedule: Schedule): Promise<ScheduleResult> {
    this.lab ??= await nextLab(this.print);
    this.runner ??= new Runner(this.lab, this.references);
    this.runs++;
    try {
      return await this.runner.run(schedule);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.lab?.close();
    this.lab = undefined;
    this.runner = undefined;
    this.runs = 0;
  }
}

let lastLab: Promise<unknown> = Promise.resolve();

/** Creates a lab after the previous one was created, because many servers that start at once are slow. */
function nextLab(print: (line: string) => void): Promise<Lab> {
  const create = (): Promise<Lab> => Lab.create(print);
  const next = lastLab.then(create, create);
  lastLab = next;
  return next;
}
