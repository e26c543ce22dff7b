/** Hooks that read from the API, that repeat a call, and that limit how often a call is made. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface Resource<Value> {
  /** The newest answer. It stays when a later call fails. */
  value: Value | undefined;
  error: Error | undefined;
  reload: () => void;
}

/** The last outcome of a call, and the key for which it was called. */
interface State<Value> extends Partial<Omit<Resource<Value>, 'reload'>> {
  key?: string;
}

/**
 * Calls `read` at the first render, when `key` or `version` changes, and on `reload`. Requests during a call become one call after it.
 * @param key names what is read; a new key drops the value, and undefined reads nothing @param version a new number keeps the value
 */
export function useResource<Value>(key: string | undefined, read: () => Promise<Value>, version = 0): Resource<Value> {
  const [state, setState] = useState<State<Value>>({});
  /** One object for all renders, with the key and `read` of the newest one. */
  const reader = useRef({ key, read, isRunning: false, isWanted: false }).current;
  Object.assign(reader, { key, read });
  const readWhileWanted = async () => {
    reader.isRunning = true;
    while (reader.isWanted && reader.key !== undefined) {
      reader.isWanted = false;
      const requestedKey = reader.key;
      const outcome = await outcomeOf(reader.read());
      if (reader.key !== requestedKey) {
        reader.isWanted = true; // the key has changed: reads again
        continue;
      }
      // A failure keeps the value that was read for the same key.
      setState((old) => ({ ...(old.key === requestedKey && { value: old.value }), key: requestedKey, ...outcome }));
    }
    reader.isRunning = false;
  };
  const reload = useCallback(() => {
    reader.isWanted = true;
    if (!reader.isRunning) void readWhileWanted();
  }, []); // what it uses is the same in all renders
  // A layout effect runs before the first paint, an ordinary one after it, so here the answer comes sooner.
  useLayoutEffect(reload, [key, version]);
  const isCurrent = state.key === key;
  return { value: isCurrent ? state.value : undefined, error: isCurrent ? state.error : undefined, reload };
}

/** The value of a call, or its error. */
function outcomeOf<Value>(call: Promise<Value>): Promise<{ value: Value } | { error: Error }> {
  return call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error: error instanceof Error ? error : new Error(String(error)) }),
  );
}

/** Time between two reads of data whose changes no event reports, ms. */
const TICK_MS = 2000;

/** Calls `tick` every `everyMs` while the page is visible, and when it becomes visible. */
export function useTicks(tick: () => void, everyMs = TICK_MS): void {
  const latest = useRef(tick);
  latest.current = tick;
  useEffect(() => {
    const tickIfVisible = () => {
      if (document.visibilityState === 'visible') latest.current();
    };
    const timer = window.setInterval(tickIfVisible, everyMs);
    document.addEventListener('visibilitychange', tickIfVisible);
    return () => {
      window.clearInterval(timer);
      document.removeEventListener('visibilitychange', tickIfVisible);
    };
  }, [everyMs]);
}

/** A function that calls `act` at once, but at most every `everyMs`: calls that come sooner become one later call. */
export function useThrottle(everyMs: number, act: () => void): () => void {
  const latest = useRef(act);
  latest.current = act;
  const throttle = useRef<{ timer?: number; isWanted: boolean }>({ isWanted: false }).current;
  useEffect(() => () => window.clearTimeout(throttle.timer), []);
  const run = useCallback(() => {
    throttle.isWanted = throttle.timer !== undefined;
    if (throttle.isWanted) return;
    latest.current();
    throttle.timer = window.setTimeout(() => {
      delete throttle.timer;
      if (throttle.isWanted) run();
    }, everyMs);
  }, [everyMs]);
  return run;
}
