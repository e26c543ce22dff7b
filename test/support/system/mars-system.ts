/** A coordinator that has the user's own calendar MARS, and a completed session `mars` on it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CalendarBook, parseCalendar, useCalendars } from '@barkeep/bars';
import { marketBars, writeBars } from '../data/market.js';
import { MARS, MARS_DATES, MARS_SLOTS } from '../data/mars.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { Api } from './api.js';
import { startCoordinatorProcess, type SystemProcess } from './system.js';

/** Bars of AAA: it lacks slots 0 to 4 and 20 to 22 of the first day, and all but the first ten of the second day. */
export const MARS_BAR_COUNT = MARS_SLOTS - 5 - 3 + 10;

export class MarsSystem {
  readonly api: Api;

  private constructor(
    readonly prefix: string,
    readonly database: TestDatabase,
    readonly coordinator: SystemProcess,
    private readonly calendarsFolder: string,
  ) {
    this.api = new Api(coordinator.url);
  }

  /** @param prefix the key prefix of the deployment */
  static async start(prefix: string): Promise<MarsSystem> {
    const database = await createTestDatabase();
    const calendarsFolder = await mkdtemp(join(tmpdir(), 'barkeep-calendars-'));
    await writeFile(join(calendarsFolder, 'mars.json'), JSON.stringify(MARS));
    useCalendars(new CalendarBook([parseCalendar(MARS)]));
    const whole = marketBars({ ...MARS_DATES, symbols: ['AAA'], seed: 1 }).get('AAA')!;
    const bars = [...whole.slice(5, 20), ...whole.slice(23, MARS_SLOTS + 10)];
    await writeBars(database.url, 'minutes', new Map([['AAA', bars]]));
    const coordinator = await startCoordinatorProcess({
      ...environmentOf(database, prefix),
      BARKEEP_CALENDARS_DIR: calendarsFolder,
    });
    const mars = new MarsSystem(prefix, database, coordinator, calendarsFolder);
    const source = { type: 'dataset', dataset: 'minutes' };
    const upkeep = { enabled: false, barrier: 'none' };
    await mars.api.run({ ...MARS_DATES, id: 'mars', symbols: ['AAA', 'EMPTY'], derivedIntervals: [], source, upkeep });
    await mars.api.completed('mars');
    return mars;
  }

  async close(): Promise<void> {
    useCalendars(new CalendarBook());
    await this.coordinator.signal('SIGTERM');
    await rm(this.calendarsFolder, { recursive: true });
    await this.database.drop();
  }

  /** Runs an action with another coordinator of the deployment, which does not have the calendar. */
  async withoutCalendar(action: (other: Api) => Promise<void>): Promise<void> {
    const other = await startCoordinatorProcess(environmentOf(this.database, this.prefix));
    try {
      await action(new Api(other.url));
    } finally {
      await other.signal('SIGTERM');
    }
  }
}

/** The environment that all coordinators of the deployment share. */
function environmentOf(database: TestDatabase, prefix: string) {
  return { DATABASE_URL: database.url, BARKEEP_SESSION_PREFIX: prefix };
}
