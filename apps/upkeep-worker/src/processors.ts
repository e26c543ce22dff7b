/** One processor per queue. The class that each processor gets does the work. */
import { Injectable } from '@nestjs/common';
import { Aggregator } from './aggregator.js';
import { Backfiller } from './backfiller.js';
import { GapDetector } from './gap-detector.js';
import { JobProcessor } from './job-processor.js';

@Injectable()
export class DetectGapsProcessor extends JobProcessor<'detect-gaps'> {
  constructor(detector: GapDetector) {
    super('detect-gaps', detector);
  }
}

@Injectable()
export class BackfillProcessor extends JobProcessor<'backfill'> {
  constructor(backfiller: Backfiller) {
    super('backfill', backfiller);
  }
}

@Injectable()
export class AggregateProcessor extends JobProcessor<'aggregate'> {
  constructor(aggregator: Aggregator) {
    super('aggregate', aggregator);
  }
}
