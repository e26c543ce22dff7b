/** The HTTP side as a Nest module: controllers, the problem filter, health, metrics. Needs a module that exports the SessionService. */
import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ConsumersController } from './consumers.controller.js';
import { StopSequence, STOP_ORDER } from '@barkeep/service';
import { DatasetsController } from './datasets.controller.js';
import { DatasetReader } from '../lifecycle/index.js';
import { DataSource } from 'typeorm';
import { EventStreams } from './event-streams.js';
import { EventsController } from './events.controller.js';
import { HealthController, MetricsController } from '../observe/index.js';
import { ExportController } from './export.controller.js';
import { FeedController } from './feed.controller.js';
import { ProblemFilter } from '../access/index.js';
import { QueuesController } from './queues.controller.js';
import { SessionDataController } from './session-data.controller.js';
import { SessionMatrixController } from './session-matrix.controller.js';
import { SessionsController } from './sessions.controller.js';
import { SymbolsController } from './symbols.controller.js';

const SESSION_CONTROLLERS = [
  SessionsController,
  SessionDataController,
  SessionMatrixController,
  SymbolsController,
  FeedController,
  ConsumersController,
  EventsController,
  ExportController,
];

@Module({})
export class HttpModule {
  /** @param imports the modules that export `SessionService` */
  static register(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return {
      module: HttpModule,
      imports,
      controllers: [...SESSION_CONTROLLERS, DatasetsController, QueuesController, HealthController, MetricsController],
      providers: [
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: DatasetReader, inject: [DataSource], useFactory: (source: DataSource) => new DatasetReader(source) },
        { provide: EventStreams, inject: [StopSequence], useFactory: eventStreams },
      ],
    };
  }
}

/** Event streams stop first: their listeners reconnect to another coordinator. */
function eventStreams(stop: StopSequence): EventStreams {
  const streams = new EventStreams();
  stop.onStop('event streams', STOP_ORDER.accepting, () => streams.stop());
  return streams;
}
