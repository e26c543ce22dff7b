/**
 * Creates sessions. Checks the spec of a request against the datasets, and decides what the session keeps: its list of symbols, its
 * trading days, and how many of them are history.
 */
import { datasetExtent, datasetNames, resolveDataset } from '@barkeep/bar-repository';
import {
  checkSize,
  encodeDays,
  parseSessionRequest,
  resolveSymbols,
  sessionDays,
  type SessionSpec,
  SessionSpecError,
  shown,
  sourceName,
} from '@barkeep/bars';
import type { Config } from '@barkeep/service';
import { randomUUID } from 'node:crypto';
import { upkeepDefaults } from '../runtime.js';
import { historyDaysOf } from './history-days.js';
import type { SessionRecord } from './session-row.js';
import type { SessionSteering } from './session-steering.js';
import type { SessionViews } from './session-views.js';
import type { SharedParts } from './shared-parts.js';

/** A spec whose symbols may be `dataset`: all symbols that the source has now. */
type SessionRequest = ReturnType<typeof parseSessionRequest>;

export class SessionCreation {
  /** @param repositoryNames names of the repositories in the user's module; `backfill` of a spec may name them like datasets */
  constructor(
    private readonly parts: Pick<SharedParts, 'dataSource' | 'sessions'>,
    private readonly views: SessionViews,
    private readonly steering: SessionSteering,
    private readonly config: Config,
    private readonly repositoryNames: readonly string[],
  ) {}

  /**
   * Validates a spec, creates its session and starts it if requested. A repeated call has the id or the idempotency key of the first
   * one: it gets the existing session (`created` is false), whatever has happened to the datasets since.
   * @throws SessionSpecError, SpecConflictError
   */
  async create(body: unknown, { start, idempotencyKey }: { start: boolean; idempotencyKey?: string }) {
    const { sessions, dataSource } = this.parts;
    const { limits } = this.config;
    const request = parseSessionRequest(body, upkeepDefaults(this.config), limits);
    const existing = await this.existing(request.id, idempotencyKey);
    const spec = resolveSymbols(request, existing?.spec.symbols ?? (await this.symbolsOf(request)), limits);
    if (!existing) await this.checkDatasets(spec);
    if (start) await this.steering.checkWrites();
    const id = spec.id ?? `session-${randomUUID()}`;
    const historyDays = existing?.historyDays ?? (await historyDaysOf(dataSource, spec));
    if (!existing) checkSize(spec, historyDays, limits);
    const days = encodeDays(sessionDays(spec, historyDays));
    // One statement creates and starts the session. If a separate start failed, the session could not be removed again: a repeated call may
    // know it by then.
    const { row, created } = await sessions.create({ id, spec, historyDays, days, idempotencyKey, start });
    if (created && start) return { session: await this.steering.startCreated(row), created };
    const mustStart = start && row.state === 'created';
    return { session: mustStart ? await this.steering.start(row.id) : await this.views.view(row), created };
  }

  /** The session with this id, otherwise the one that was created with this key. */
  private async existing(id?: string, idempotencyKey?: string): Promise<SessionRecord | undefined> {
    const { sessions } = this.parts;
    const withId = id === undefined ? undefined : await sessions.find(id);
    return withId ?? (idempotencyKey === undefined ? undefined : sessions.findByKey(idempotencyKey));
  }

  /** All symbols of the source, for a request without a list; empty for any other request. */
  private async symbolsOf(request: SessionRequest): Promise<string[]> {
    const { dataSource } = this.parts;
    if (request.symbols !== 'dataset') return [];
    const datasetId = await resolveDataset(dataSource, sourceName(request));
    const extents = datasetId === undefined ? [] : await datasetExtent(dataSource, datasetId);
    return extents.map(({ symbol }) => symbol);
  }

  /** Checks that the datasets and repositories of a spec exist. @throws SessionSpecError that names each field which is wrong */
  private async checkDatasets({ source, backfill }: SessionSpec): Promise<void> {
    const datasets = await datasetNames(this.parts.dataSource);
    const repositories = [...datasets, ...this.repositoryNames];
    const problemOf = (field: string, name: string, known: readonly string[]) => {
      const expected = known.length > 0 ? `one of ${known.join(', ')}` : 'an imported dataset (there is none yet)';
      return known.includes(name) ? [] : [{ field, expected, was: shown(name) }];
    };
    const problems = [
      ...(source.type === 'dataset' ? problemOf('source.dataset', source.dataset, datasets) : []),
      ...backfill.flatMap((name, i) => problemOf(`backfill[${i}]`, name, repositories)),
    ];
    if (problems.length > 0) throw new SessionSpecError(problems);
  }
}
