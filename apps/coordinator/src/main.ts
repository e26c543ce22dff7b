/** The entry point of the coordinator's process. */
import 'reflect-metadata';
import { runService } from '@barkeep/service';
import { startCoordinator } from './coordinator.js';

runService('coordinator', startCoordinator);
