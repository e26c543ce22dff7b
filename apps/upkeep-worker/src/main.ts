/** Runs an upkeep worker as a process. */
import { runService } from '@barkeep/service';
import { startWorker } from './worker.js';

runService('upkeep worker', startWorker);
