/** Stops the servers that `global-setup.ts` started, once for all projects. */
import type {} from './global-setup.js';

/** Called by jest after the last test file of each project that names it. */
export default async function globalTeardown(): Promise<void> {
  const services = globalThis.barkeepTestServices;
  globalThis.barkeepTestServices = undefined;
  await (await services)?.stop();
}
