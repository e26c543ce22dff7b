/** The controllers of the HTTP API. */
import { DatasetsController } from './datasets.controller.js';
import { EventsController } from './events.controller.js';
import { ExportController } from './export.controller.js';
import { FeedController } from './feed.controller.js';
import { MembersController } from './members.controller.js';
import { OperationController, QueuesController } from './operation.controller.js';
import { SessionDataController } from './session-data.controller.js';
import { SessionsController } from './sessions.controller.js';
import { SymbolDataController } from './symbol-data.controller.js';

/** In the order of the OpenAPI document. */
export const CONTROLLERS = [
  SessionsController,
  SymbolDataController,
  SessionDataController,
  MembersController,
  FeedController,
  EventsController,
  ExportController,
  DatasetsController,
  QueuesController,
  OperationController,
];
