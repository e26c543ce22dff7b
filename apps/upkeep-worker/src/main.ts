/** The upkeep worker's process. */
import { runService } from '@barkeep/process';
import { startWorker } from './worker.js';

runService('upkeep worker', startWorker);
