/** The upkeep worker's process. */
import { runService } from '@barkeep/service';
import { startWorker } from './worker.js';

runService('upkeep worker', startWorker);
