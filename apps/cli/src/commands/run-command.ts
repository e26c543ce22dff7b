/** How a command runs: with a context, inside a lifetime, ending in an exit code. */
import type { Context } from '../services/index.js';

/** Given to every command by the program; runs the work and sets the exit code that it answers. */
export type RunCommand = (work: (context: Context) => Promise<number>) => Promise<void>;
