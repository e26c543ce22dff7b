/** One processor per queue. The class that each processor gets does the work. */
import { Injectable } from '@nestjs/common';
import { DelayedError, type Job } from 'bullmq';
import { Aggregator } from './aggregator.js';
import { Backfiller, SliceEndedError } from './backfill/index.js';
import { GapDetector } from './gap-detector.js';
import { JobProcessor } from './job-processor.js';
import { RepositoryFailedError } from './repositories/index.js';

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

  override async process(job: Job, token?: string, signal?: AbortSignal): Promise<void> {
    try {
      await super.process(job, token, signal);
    } catch (error) {
      if (error instanceof SliceEndedError) {
        // Behind the jobs of the same rank that wait. Throwing this error is how BullMQ learns that the job moved.
        await job.moveToDelayed(Date.now(), token);
        throw new DelayedError();
      }
      if (error instanceof RepositoryFailedError) await job.updateData({ ...job.data, failures: error.failures });
      throw error;
    }
  }
}

@Injectable()
export class AggregateProcessor extends JobProcessor<'aggregate'> {
  constructor(aggregator: Aggregator) {
    super('aggregate', aggregator);
  }
}
