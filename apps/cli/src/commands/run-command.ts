/** Runs a command's work with a context, inside a lifetime, and sets its exit code. */
import type { Context } from '../services/index.js';

/** Runs `work` and sets the exit code that it returns. */
export type RunCommand = (work: (context: Context) => Promise<number>) => Promise<void>;
