/** Combines abort signals. */

/** The signals of each combined one. An entry lives as long as its combined signal, and keeps the signals alive. */
const sources = new WeakMap<AbortSignal, readonly AbortSignal[]>();

/**
 * A signal that is aborted as soon as one of `signals` is, with its reason. Use it in place of `AbortSignal.any`, which on Node 20 only
 * refers weakly to its signals: an `AbortSignal.timeout` that nothing else refers to is collected and never aborts.
 */
export function anySignal(signals: readonly AbortSignal[]): AbortSignal {
  const combined = AbortSignal.any([...signals]);
  sources.set(combined, signals);
  return combined;
}
