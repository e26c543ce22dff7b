/** What a component reads from the API: the newest answer, the error of the last call, and a way to read again. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface Resource<Value> {
  /** The newest answer; it stays while a later call fails. */
  value: Value | undefined;
  error: Error | undefined;
  reload: () => void;
}

/**
 * Calls `read` at first, when `key` changes and on `reload`. Calls that come while one runs become one call after it.
 * @param key undefined reads nothing @param version another number reads again, and keeps the value until then
 */
export function useResource<Value>(key: string | undefined, read: () => Promise<Value>, version = 0): Resource<Value> {
  const [state, setState] = useState<{ key?: string; value?: Value; error?: Error }>({});
  const current = useRef({ key, read, isRunning: false, isWanted: false });
  current.current.key = key;
  current.current.read = read;
  const reload = useCallback(() => {
    const now = current.current;
    if (now.isRunning) now.isWanted = true;
    if (now.isRunning || now.key === undefined) return;
    now.isRunning = true;
    const asked = now.key;
    const finish = (change: { value: Value } | { error: Error }) => {
      now.isRunning = false;
      if (asked === now.key)
        setState((old) => ({ ...(old.key === asked && 'error' in change ? old : {}), ...change, key: asked }));
      if (now.isWanted || asked !== now.key) {
        now.isWanted = false;
        reload();
      }
    };
    now.read().then(
      (value) => finish({ value }),
      (error: unknown) => finish({ error: error instanceof Error ? error : new Error(String(error)) }),
    );
  }, []);
  // An ordinary effect runs after the first paint. This one runs before it, so the answer comes sooner.
  useLayoutEffect(reload, [key, version]);
  const isCurrent = state.key === key;
  return { value: isCurrent ? state.value : undefined, error: isCurrent ? state.error : undefined, reload };
}

/** Calls `tick` every `everyMs` while the page is visible, and when it becomes visible. For lists, which have no events. */
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

/** Calls that follow closely become one: at once, and at most every `everyMs` after that. */
export function useThrottle(everyMs: number, act: () => void): () => void {
  const latest = useRef(act);
  latest.current = act;
  const state = useRef<{ timer?: number; isWanted: boolean }>({ isWanted: false });
  useEffect(() => () => window.clearTimeout(state.current.timer), []);
  return useCallback(() => {
    const now = state.current;
    if (now.timer !== undefined) {
      now.isWanted = true;
      return;
    }
    const run = () => {
      now.isWanted = false;
      latest.current();
      now.timer = window.setTimeout(() => {
        delete now.timer;
        if (now.isWanted) run();
      }, everyMs);
    };
    run();
  }, [everyMs]);
}
