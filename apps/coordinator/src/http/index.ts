/** The controllers of the HTTP API. */
import { OperationController } from '../observe/index.js';
import { DatasetsController } from './datasets.controller.js';
import { EventsController } from './events.controller.js';
import { ExportController } from './export.controller.js';
import { FeedController } from './feed.controller.js';
import { MembersController } from './members.controller.js';
import { QueuesController } from './queues.controller.js';
import { SessionDataController } from './session-data.controller.js';
import { SessionsController } from './sessions.controller.js';

/** In the order of the OpenAPI document. */
export const CONTROLLERS = [
  SessionsController,
  SessionDataController,
  MembersController,
  FeedController,
  EventsController,
  ExportController,
  DatasetsController,
  QueuesController,
  OperationController,
];
