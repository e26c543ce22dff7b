/** The coordinator's process. */
import 'reflect-metadata';
import { runService } from '@barkeep/service';
import { startCoordinator } from './coordinator.js';
import { SessionsModule } from './sessions.module.js';

runService('coordinator', (config) => startCoordinator(config, [SessionsModule.of(config)]));
