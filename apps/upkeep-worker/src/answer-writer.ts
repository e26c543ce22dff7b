/** Writes what the repositories answered about one day into the store: bars, slot states, refused bars and errors. */
import { messageOf } from '@barkeep/bar-repository';
import { asksToSettle, fewestAsks, planFill, retryAt, type DatasetAnswer, type FillPlan } from '@barkeep/bars';
import { clearFailure, readFailures, type SymbolFill, type UpkeepStore } from '@barkeep/session-data';
import type { BackfillParts, DayJob } from './day-job.js';
import { quarantineRefused, refusalText } from './refused-bars.js';
import { type AskedSymbol, type DayAnswer, isGivenUp } from './repository-requests.js';

/** What an answer changes in one symbol's day. */
interface PlannedFill {
  answer: AskedSymbol;
  plan: FillPlan;
  /** What is written; undefined when a repository failed or was not asked, and no other one has a bar. */
  fill: SymbolFill | undefined;
}

/** @returns what was planned, the symbols that changed since they were read (nothing of them is written), and the number of filled slots */
export async function writeAnswer(parts: BackfillParts, job: DayJob, day: DayAnswer) {
  const { store, grid } = job;
  const { partition } = job.payload;
  const planned = [...day.symbols.values()].map((answer) => planSymbol(parts, job, answer));
  for (const { answer, plan } of planned) addMisplaced(store, answer, plan);
  const refused = planned.flatMap(({ answer }) => answer.refused);
  const counts = await quarantineRefused(parts.dataSource, store.layout, grid.date, refused, parts.repositories);
  const fills = planned.flatMap(({ fill }) => fill ?? []);
  const [changed] = await Promise.all([
    store.fill(partition, job.day, fills, counts),
    clearFailures(store, day, parts.now),
  ]);
  for (const { request, failure, refused: refusedBars } of day.symbols.values()) {
    const text = failure ? messageOf(failure.error) : refusalText(refusedBars);
    if (text !== '') await store.noteError(partition, grid.date, [request.symbol], text);
  }
  const written = planned.filter(({ fill }) => fill && !changed.has(fill.symbol));
  for (const { plan } of written) parts.figures.filled(plan.filled, plan.settled);
  for (const { dataset } of refused) parts.figures.refused(dataset);
  return { planned, changed, filled: written.reduce((sum, { plan }) => sum + plan.filled, 0) };
}

/** Plans one symbol. When its answer is partial (a repository failed or was not asked), slots without a bar keep their state. */
function planSymbol(
  { now, backoffMs }: BackfillParts,
  { store, grid, onFailure }: DayJob,
  answer: AskedSymbol,
): PlannedFill {
  const { request, failure, unaskedFrom } = answer;
  const { symbol, states, asked } = request;
  const isFailureGivenUp = isGivenUp(failure, onFailure === 'continue');
  const isPartial = unaskedFrom !== undefined || (failure !== undefined && !isFailureGivenUp);
  const answers: DatasetAnswer[] = [...answer.answers];
  // A repository that is given up counts as one answer. It has no bars, so its dataset number has no meaning.
  if (isFailureGivenUp) answers.push({ dataset: 0, bars: [] });
  const plan = planFill({
    grid,
    states,
    asked,
    answers,
    complete: request.isDeclared && failure === undefined,
    asksToSettle: asksToSettle(store.layout.spec.upkeep),
    isPartial,
  });
  if (isPartial && plan.filled === 0) return { answer, plan, fill: undefined };
  const { statesAfter: after, runs, absent } = plan;
  // After a partial answer absent slots are due at once, because not every repository has answered.
  const nextAskAt = isPartial ? now() : retryAt(now(), fewestAsks(after), backoffMs);
  const dueAt = absent > 0 ? nextAskAt : undefined;
  return { answer, plan, fill: { symbol, before: states, after, runs, dueAt } };
}

/** Bars that fit no slot of the day are refused as well. */
function addMisplaced({ layout }: UpkeepStore, { request, refused }: AskedSymbol, plan: FillPlan): void {
  for (const { dataset, bar, reason } of plan.refused) {
    const { openTime: time, ...values } = bar;
    refused.push({ symbol: request.symbol, dataset: layout.datasets[dataset]!, time, ...values, reason });
  }
}

/** Deletes the records of failures of repositories that answered and did not fail. */
async function clearFailures(store: UpkeepStore, { answered, failures }: DayAnswer, now: () => number): Promise<void> {
  if (answered.size === 0) return;
  for (const { repository } of await readFailures(store.redis, store.layout)) {
    if (answered.has(repository) && !failures.has(repository)) await clearFailure(store, repository, now());
  }
}
