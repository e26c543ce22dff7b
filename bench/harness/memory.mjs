/** Measures the memory of a process from /proc. */
import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Runs some work. @returns its result, and the peak of the process's memory meanwhile in MB: NaN without /proc, and the peak
 * of the process's life where the peak cannot be reset
 */
export async function withPeakMb(pid, work) {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5'); // 5 resets VmHWM, see proc(5)
  } catch {
    // Works only on Linux and for our own processes.
  }
  return { result: await work(), peakMb: peakMb(pid) };
}

function peakMb(pid) {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return NaN;
  }
}
