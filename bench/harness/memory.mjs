/** Measures the memory of a process from /proc. */
import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Runs some work. @returns its result, and `peakMb`, the largest memory of the process during the work in MB. Where /proc
 * cannot reset the peak, it is that of the process's whole life; without /proc it is NaN.
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
