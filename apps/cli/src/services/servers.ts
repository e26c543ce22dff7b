/** Opens the database, or a coordinator after a check, of at most two seconds, that one answers at the address. */
import { AWAY_STATUSES } from '@barkeep/api';
import { createDataSource, migrate } from '@barkeep/bar-repository';
import { anySignal } from '@barkeep/bars';
import { CoordinatorAddressError, CoordinatorClient } from '@barkeep/client';
import { errorText } from '@barkeep/service';
import { CliError, expecting, type Lifetime, UsageError } from '../terminal/index.js';
import { withoutPassword } from './addresses.js';

const ANSWER_LIMIT_MS = 2_000;

/** A client of the coordinator that answers at an address. @throws UsageError, CliError that name the address, ApiKeyError */
export async function openCoordinator(url: string, apiKey: string | undefined, signal: AbortSignal) {
  const client = clientFor(url, apiKey, signal);
  const problem = await coordinatorProblem(client.baseUrl, signal);
  if (problem !== undefined) throw new CliError(`expected a coordinator at ${url}, was: ${problem}`);
  return client;
}

function clientFor(url: string, apiKey: string | undefined, signal: AbortSignal): CoordinatorClient {
  try {
    return new CoordinatorClient(url, apiKey, signal, 'operator');
  } catch (error) {
    throw error instanceof CoordinatorAddressError ? new UsageError(error.message, { cause: error }) : error;
  }
}

/** Why no coordinator seems to answer; undefined when one does. @throws the reason of `signal` when it is aborted */
async function coordinatorProblem(url: string, signal: AbortSignal): Promise<string | undefined> {
  const limitedSignal = anySignal([signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]);
  try {
    const answer = await fetch(`${url}/health/live`, { signal: limitedSignal });
    await answer.body?.cancel();
    // The client waits later for a coordinator that is away. 401 may come from a proxy.
    if (answer.ok || answer.status === 401 || AWAY_STATUSES.has(answer.status)) return undefined;
    return `HTTP ${answer.status}, which is no coordinator`;
  } catch (error) {
    signal.throwIfAborted();
    const { name, cause = error } = error as Error; // the message is only "fetch failed"; the cause says why
    return name === 'TimeoutError' ? `no answer within ${ANSWER_LIMIT_MS / 1000} s` : errorText(cause);
  }
}

export type Database = ReturnType<typeof createDataSource>;

/**
 * Connects to the database until the command ends, and migrates it.
 * @throws CliError when PostgreSQL does not answer or refuses; the message has the address without the password
 */
export async function openDatabase(url: string, life: Lifetime): Promise<Database> {
  const database = createDataSource(url, { poolSize: 3, applicationName: 'barkeep-cli' });
  await expecting(`expected PostgreSQL to answer at ${withoutPassword(url)}`, () => database.initialize());
  life.onEnd(() => database.destroy());
  await migrate(database);
  return database;
}
