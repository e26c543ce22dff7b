/** A {@link DisturbedSystem} with two coordinators and two workers, for tests that add and remove symbols of its sessions. */
import { Api, type Session } from './api.js';
import { DisturbedSystem } from './disturbed-system.js';
import type { SystemProcess } from './system.js';

/** All symbols of the market, and those with which sessions begin. */
export const SYMBOLS = ['AAA', 'BBB', 'CCC', 'DDD', 'EEE', 'FFF'];
export const FIRST = ['AAA', 'BBB', 'CCC', 'DDD'];

export class SymbolsLab {
  private constructor(
    readonly disturbed: DisturbedSystem,
    public coordinators: SystemProcess[],
  ) {}

  static async create(): Promise<SymbolsLab> {
    const disturbed = await DisturbedSystem.create();
    const { system } = disturbed;
    const coordinators = await Promise.all([system.coordinator(), system.coordinator()]);
    await Promise.all([system.worker(), system.worker()]);
    return new SymbolsLab(disturbed, coordinators);
  }

  close(): Promise<void> {
    return this.disturbed.close();
  }

  get repository(): DisturbedSystem['repository'] {
    return this.disturbed.repository;
  }

  /** A trading day of a session, as in {@link DisturbedSystem.day}. */
  day(index: number): string {
    return this.disturbed.day(index);
  }

  /** @param index chooses the coordinator; with rising numbers a test alternates between the two */
  api(index = 0): Api {
    return new Api(this.coordinators[index % this.coordinators.length]!.url);
  }

  specOf(id: string, symbols: readonly string[], barrier: unknown = { minutes: 60 }): object {
    return { ...this.disturbed.spec(id), symbols, upkeep: { maxRetries: 2, barrier } };
  }

  pathOf(id: string, symbol: string): string {
    return `/v1/sessions/${id}/symbols/${symbol}`;
  }

  add(id: string, symbol: string, by = this.api()) {
    return by.call<{ state: string; type: string }>('POST', this.pathOf(id, symbol));
  }

  remove(id: string, symbol: string, by = this.api()) {
    return by.call<{ type: string }>('DELETE', this.pathOf(id, symbol));
  }

  /** Waits until the clock is in this day or in a later one. */
  clockReaches(id: string, day: number): Promise<Session> {
    return this.api().until(id, ({ clock }) => clock !== null && clock > this.day(day));
  }

  /** Checks that the session ends like one that had these symbols from the start. */
  async endsAs(id: string, symbols: readonly string[], counts: Session['counts']): Promise<void> {
    const unchanged = `${id}-unchanged`;
    const api = this.api();
    await api.run(this.specOf(unchanged, symbols));
    expect((await api.settled(unchanged)).counts).toEqual(counts);
    expect(await api.digest(id)).toBe(await api.digest(unchanged));
    const session = await api.ok<Session>('GET', `/v1/sessions/${id}`);
    expect(session.symbols.toSorted()).toEqual(symbols.toSorted());
  }

  /** Checks that no key, field or member of the session's store names these symbols, and that the API does not know them. */
  async expectNothingOf(id: string, symbols: readonly string[]): Promise<void> {
    const names = await this.namesInStore(id);
    for (const symbol of symbols) {
      expect(names.filter((name) => name.includes(symbol))).toEqual([]);
      expect((await this.api().call('GET', `${this.pathOf(id, symbol)}/metrics`)).status).toBe(404);
    }
  }

  /** All keys of the session, and the members and fields of those whose members or fields name symbols. */
  private async namesInStore(id: string): Promise<string[]> {
    const redis = this.disturbed.sessionRedis;
    const keys = await this.disturbed.sessionKeys(id);
    const names = [...keys];
    for (const key of keys) {
      if (key.endsWith(':retry')) names.push(...(await redis.zrange(key, 0, -1)));
      if (key.endsWith(':dirty')) names.push(...(await redis.smembers(key)));
      if (/:(errors|refused|history)$/.test(key)) names.push(...(await redis.hkeys(key)));
    }
    return names;
  }
}
