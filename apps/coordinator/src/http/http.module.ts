/** The HTTP side as a Nest module: controllers and the problem filter. Needs a module that exports the SessionService. */
import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ProblemFilter } from '../access/index.js';
import { OperationController } from '../observe/index.js';
import { DatasetsController } from './datasets.controller.js';
import { EventsController } from './events.controller.js';
import { ExportController } from './export.controller.js';
import { FeedController } from './feed.controller.js';
import { MembersController } from './members.controller.js';
import { QueuesController } from './queues.controller.js';
import { SessionDataController } from './session-data.controller.js';
import { SessionMatrixController } from './session-matrix.controller.js';
import { SessionsController } from './sessions.controller.js';

const CONTROLLERS = [
  SessionsController,
  SessionDataController,
  SessionMatrixController,
  MembersController,
  FeedController,
  EventsController,
  ExportController,
  DatasetsController,
  QueuesController,
  OperationController,
];

@Module({})
export class HttpModule {
  /** @param imports the modules that export `SessionService` */
  static register(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    const providers = [{ provide: APP_FILTER, useClass: ProblemFilter }];
    return { module: HttpModule, imports, controllers: CONTROLLERS, providers };
  }
}
