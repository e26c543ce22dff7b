/** A program and the environment in which it runs. */
export interface PythonProgram {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Finds a Python for a script that imports `modules`, such as `['redis', 'numpy']`. Takes some seconds when packages must be fetched;
 * `log` then gets one line. @throws Error that says what was tried and what to install
 */
export function findPython(
  modules: readonly string[],
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
): PythonProgram;
