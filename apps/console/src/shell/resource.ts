/** Hooks that read from the API, that repeat a call, and that limit how often a call is made. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface Resource<Value> {
  /** The newest answer. It stays when a later call fails. */
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
  // `isWanted`: reload was called during a call, so another call follows it.
  const latest = useRef({ key, read, isRunning: false, isWanted: false });
  latest.current.key = key;
  latest.current.read = read;
  const reload = useCallback(() => {
    const reading = latest.current;
    if (reading.isRunning) {
      reading.isWanted = true;
      return;
    }
    if (reading.key === undefined) return;
    reading.isRunning = true;
    const requestedKey = reading.key;
    const finish = (change: { value: Value } | { error: Error }) => {
      reading.isRunning = false;
      const isCurrentKey = requestedKey === reading.key;
      if (isCurrentKey) {
        setState((old) => {
          const keepsValue = 'error' in change && old.key === requestedKey;
          return { ...(keepsValue ? old : {}), ...change, key: requestedKey };
        });
      }
      // An answer for an earlier key is dropped.
      if (reading.isWanted || !isCurrentKey) {
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

/** Calls `tick` every `everyMs` while the page is visible, and when it becomes visible. For data whose changes no event reports. */
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
