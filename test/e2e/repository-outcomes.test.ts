/**
 * What a session does when its repository is down, slow, wrong, or down for a while, for each `upkeep.onFailure`, with
 * and without a barrier. docs/repositories.md has the table of all 24 outcomes. `UPDATE_DOCUMENTS=1` writes it.
 * I12 is an invariant of docs/ARCHITECTURE.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  FAILURE_DATE,
  FAILURE_SLOTS,
  FAILURE_WAIT_MS,
  FailingRepositories,
  type FailureSettings,
} from '../support/programs/failing-repositories.js';
import type { Gap, Session } from '../support/system/api.js';

/** When the day opens. */
const OPEN = `${FAILURE_DATE}T13:30:00.000Z`;
const DOCUMENT = join(__dirname, '../../docs/repositories.md');
const TABLE_BEGINS = '<!-- outcomes -->';
const TABLE_ENDS = '<!-- end of outcomes -->';
/** Five-minute bars of a symbol. */
const FIVES = FAILURE_SLOTS / 5;

/** The repositories of the table, and how the table describes them. */
const REPOSITORIES = {
  dead: 'always fails',
  slow: 'takes 30 s',
  seconds: 'times in seconds',
  back: 'recovers',
} as const;
const ON_FAILURE = ['wait', 'continue', 'fail'] as const;
const BARRIERS = ['day', 'none'] as const;

/** One session: a row of the table. */
interface Case extends FailureSettings {
  repository: keyof typeof REPOSITORIES;
}
const CASES: Case[] = (Object.keys(REPOSITORIES) as Case['repository'][]).flatMap((repository) =>
  ON_FAILURE.flatMap((onFailure) => BARRIERS.map((barrier) => ({ repository, onFailure, barrier }))),
);
/** Whether upkeep is called when the repository has recovered. With `fail` the session stays failed. */
const getsUpkeep = ({ repository, onFailure }: Case) => repository === 'back' && onFailure !== 'fail';
const idOf = ({ repository, onFailure, barrier }: Case) => `${repository}-${onFailure}-${barrier}`;

/** How one case ended. */
interface Outcome {
  session: Session;
  /** Number of five-minute bars of each symbol. */
  fives: { AAA: number; BBB: number };
  gapsOfAaa: Gap[];
}

let lab: FailingRepositories;
beforeAll(async () => {
  lab = await FailingRepositories.start(CASES.length);
});
afterAll(() => lab?.close());

test('I12 each outcome is the one of the table in docs/repositories.md', async () => {
  // All sessions run at the same time, because they mostly wait.
  for (const each of CASES) await lab.run(idOf(each), [each.repository], each);
  const outcomes = new Map<Case, Outcome>();
  await Promise.all(CASES.map(async (each) => outcomes.set(each, await outcomeOfFailure(each))));
  // The repository `back` answers from now on, so its sessions get another outcome. With `fail` they stay failed.
  lab.recover();
  const repaired = CASES.filter(getsUpkeep);
  await Promise.all(repaired.map(async (each) => outcomes.set(each, await outcomeAfterUpkeep(idOf(each)))));
  const updated = withTable(readFileSync(DOCUMENT, 'utf8'), tableOf(outcomes));
  if (process.env['UPDATE_DOCUMENTS'] === '1') writeFileSync(DOCUMENT, updated);
  expect(cellsOf(readFileSync(DOCUMENT, 'utf8'))).toEqual(cellsOf(updated));
}, 120_000);

/** The state in which the session of a case stays while its repository fails, and the status of its gaps. */
function finalState({ repository, onFailure, barrier }: Case): { state: string; gapStatus: string } {
  // Answers with invalid bars are no failure: they settle the slots whatever `onFailure` is.
  if (repository === 'seconds' || onFailure === 'continue') return { state: 'completed', gapStatus: 'unfillable' };
  if (onFailure === 'fail') return { state: 'failed', gapStatus: 'missing' };
  return { state: barrier === 'day' ? 'waiting-upkeep' : 'completed', gapStatus: 'missing' };
}

/** Waits for the {@link finalState} of a case. */
async function outcomeOfFailure(each: Case): Promise<Outcome> {
  const id = idOf(each);
  const final = finalState(each);
  await lab.api.until(id, ({ state }) => state === final.state, FAILURE_WAIT_MS);
  const gaps = await lab.api.eventually(
    () => lab.api.gaps(id, 'AAA'),
    (found) => found.length > 0 && found.every((gap) => gap.lastError !== null && gap.status === final.gapStatus),
    FAILURE_WAIT_MS,
  );
  return outcomeNow(id, gaps);
}

/** Calls upkeep on a session whose repository answers again, and waits until it has every bar. */
async function outcomeAfterUpkeep(id: string): Promise<Outcome> {
  const { api } = lab;
  await api.ok('POST', `/v1/sessions/${id}/upkeep`);
  await lab.untilEveryBar(id);
  await api.eventually(
    () => api.bars(id, 'AAA', 'interval=5m&last=1000'),
    (bars) => bars.length === FIVES && bars.every(({ complete }) => complete),
  );
  return outcomeNow(id, await api.gaps(id, 'AAA'));
}

async function outcomeNow(id: string, gapsOfAaa: Gap[]): Promise<Outcome> {
  const { api } = lab;
  const session = await api.session(id);
  // Bars are visible only after the clock has left the open. A session that waits behind its barrier stays there.
  const fivesOfBbb = session.clock === OPEN ? 0 : FIVES;
  const countFives = async (symbol: string) => (await api.bars(id, symbol, 'interval=5m&last=1000')).length;
  // Without a barrier, bars are derived after the clock has passed them. So this waits until BBB has its bars, whose number is known
  // because BBB lacks no minute. The same job derives those of AAA.
  const fives = await api.eventually(
    async () => ({ AAA: await countFives('AAA'), BBB: await countFives('BBB') }),
    ({ BBB }) => BBB === fivesOfBbb,
  );
  return { session, fives, gapsOfAaa };
}

/** The table of all outcomes, as Markdown. Numbers that vary are `n`. */
function tableOf(outcomes: ReadonlyMap<Case, Outcome>): string {
  const rows = CASES.map((each) => {
    const { session, fives, gapsOfAaa } = outcomes.get(each)!;
    const statuses = [...new Set(gapsOfAaa.map(({ status }) => status))].join(', ');
    const errors = [...new Set(gapsOfAaa.map(({ lastError }) => lastError))].join(', ');
    return [
      REPOSITORIES[each.repository] + (getsUpkeep(each) ? ', upkeep called' : ''),
      `\`${each.onFailure}\``,
      `\`${each.barrier}\``,
      session.state,
      String(fives.AAA),
      String(fives.BBB),
      statuses || 'none',
      // The status code 403 does not vary.
      errors.replace(/\d+/g, (digits) => (digits === '403' ? digits : 'n')) || '—',
    ];
  });
  const head = 'repository|`onFailure`|`barrier`|session|5m bars of AAA|of BBB|gaps of AAA|`lastError`'.split('|');
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The document with another table between the two marks. */
function withTable(document: string, table: string): string {
  const [before = '', rest = ''] = document.split(`${TABLE_BEGINS}\n`);
  const [, after = ''] = rest.split(TABLE_ENDS);
  return `${before}${TABLE_BEGINS}\n\n${table}\n\n${TABLE_ENDS}${after}`;
}

/** The cells of the document's table, without the padding that the formatter adds. */
function cellsOf(document: string): string[][] {
  const table = document.split(TABLE_BEGINS)[1]?.split(TABLE_ENDS)[0] ?? '';
  const lines = table.split('\n').filter((line) => line.startsWith('|') && !/^\|[\s|:-]+\|$/.test(line));
  return lines.map((line) => line.split('|').map((cell) => cell.trim()));
}
