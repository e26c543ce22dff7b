/** Finds the coordinator that streams a session. */
import { Api } from './api.js';
import { processOf } from './disturbed-system.js';
import type { SystemProcess, TestSystem } from './system.js';

/** Waits until the session has an owner. @returns the owner's process @throws when it is not among `coordinators` */
export async function ownerOf(
  system: TestSystem,
  coordinators: readonly SystemProcess[],
  id: string,
): Promise<SystemProcess> {
  const readOwner = async () => {
    const [row] = await system.query<{ owner: string | null }>('SELECT owner FROM sessions WHERE id = $1', [id]);
    return row?.owner;
  };
  const owner = await new Api(coordinators[0]!.url).eventually(readOwner, (found) => typeof found === 'string');
  // An owner is `HOST:PID:START`.
  return processOf(coordinators, Number(owner!.split(':').at(-2)));
}
