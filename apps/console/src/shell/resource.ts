/** Hooks for what a component reads from the API, and for calls that repeat or must not come too often. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface Resource<Value> {
  /** The newest answer. When a later call fails, it stays. */
  value: Value | undefined;
  error: Error | undefined;
  reload: () => void;
}

/**
 * Calls `read` at the first render, when `key` or `version` changes, and on `reload`. Requests during a call become one call after it.
 * @param key names what is read; a new key drops the value, and undefined reads nothing @param version a new number keeps the value
 */
export function useResource<Value>(key: string | undefined, read: () => Promise<Value>, version = 0): Resource<Value> {
  const [state, setState] = useState<{ key?: string; value?: Value; error?: Error }>({});
  const latest = useRef({ key, read, isRunning: false, isWanted: false });
  latest.current.key = key;
  latest.current.read = read;
  const reload = useCallback(() => {
    const reading = latest.current;
    if (reading.isRunning) reading.isWanted = true;
    if (reading.isRunning || reading.key === undefined) return;
    reading.isRunning = true;
    const askedKey = reading.key;
    const finish = (change: { value: Value } | { error: Error }) => {
      reading.isRunning = false;
      // An error keeps the last value of the same key; an answer for an old key is dropped.
      if (askedKey === reading.key)
        setState((old) => ({ ...(old.key === askedKey && 'error' in change ? old : {}), ...change, key: askedKey }));
      if (reading.isWanted || askedKey !== reading.key) {
        reading.isWanted = false;
        reload();
      }
    };
    reading.read().then(
      (value) => finish({ value }),
      (error: unknown) => finish({ error: error instanceof Error ? error : new Error(String(error)) }),
    );
  }, []);
  // A layout effect runs before the first paint, an ordinary one after it, so here the answer comes sooner.
  useLayoutEffect(reload, [key, version]);
  const isCurrent = state.key === key;
  return { value: isCurrent ? state.value : undefined, error: isCurrent ? state.error : undefined, reload };
}

/** Calls `tick` every `everyMs` while the page is visible, and when it becomes visible. For data about which there are no events. */
export function useTicks(everyMs: number, tick: () => void): void {
  const latest = useRef(tick);
  latest.current = tick;
  useEffect(() => {
    const run = () => {
      if (document.visibilityState === 'visible') latest.current();
    };
    const timer = window.setInterval(run, everyMs);
    document.addEventListener('visibilitychange', run);
    return () => {
      window.clearInterval(timer);
      document.removeEventListener('visibilitychange', run);
    };
  }, [everyMs]);
}

/** A function that calls `act` at once, but at most every `everyMs`: calls that come sooner become one later call. */
export function useThrottle(everyMs: number, act: () => void): () => void {
  const latest = useRef(act);
  latest.current = act;
  const state = useRef<{ timer?: number; isWanted: boolean }>({ isWanted: false });
  useEffect(() => () => window.clearTimeout(state.current.timer), []);
  return useCallback(() => {
    const throttle = state.current;
    if (throttle.timer !== undefined) {
      throttle.isWanted = true;
      return;
    }
    const run = () => {
      throttle.isWanted = false;
      latest.current();
      throttle.timer = window.setTimeout(() => {
        delete throttle.timer;
        if (throttle.isWanted) run();
      }, everyMs);
    };
    run();
  }, [everyMs]);
}
