/** The state of a session's page: the session, its days, and whether the live connection works. After events, data is read again. */
import type { SessionAnswer } from '@barkeep/api';
import {
  CallError,
  callInView,
  listenToSession,
  readDays,
  sessionPath,
  type LiveEvent,
  type SessionDays,
} from '../data/index.js';
import { useResource, useThrottle } from '../shell/index.js';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Events that arrive within this time, ms, cause one read. */
const READ_EVERY_MS = 700;

interface FollowedSession {
  session: SessionAnswer | undefined;
  days: SessionDays | undefined;
  error: Error | undefined;
  /** When the live connection was lost; null while it works. */
  lostSince: Date | null;
  isDeleted: boolean;
  /** A number that increases when bars or gaps may have changed. */
  version: number;
  reload: () => void;
}

/** Follows one session while its page is shown. The page has one id for its whole life. */
export function useSession(id: string): FollowedSession {
  const session = useResource(id, () => callInView<SessionAnswer>(sessionPath(id)));
  const { days, error, reloadAll, latest, changedDates, reload } = useDays(id);
  const [clock, setClock] = useState<string>();
  const [lostSince, setLostSince] = useState<Date | null>(null);
  const [isDeleted, setDeleted] = useState(false);
  const [version, setVersion] = useState(0);

  const readAll = () => {
    session.reload();
    setVersion((previous) => previous + 1);
    reloadAll();
  };
  const readChanged = useThrottle(READ_EVERY_MS, () => {
    session.reload();
    if (changedDates.size > 0) setVersion((previous) => previous + 1);
    reload();
  });
  const onEvent = ({ type, data }: LiveEvent) => {
    if (type === 'clock' && data.time) setClock(data.time);
    if (type === 'state' && data.state === 'deleted') return setDeleted(true);
    // A clock event has no date: it changes the day that the clock is in.
    if (data.date) changedDates.add(data.date);
    else if (type === 'clock' && data.time) changedDates.add(dateOf(latest.current, data.time));
    readChanged();
  };
  useLayoutEffect(() => listenToSession(id, { onEvent, onGap: readAll, onConnection: setLostSince }), [id]);
  // An event may have a later clock than the last answer. Times in ISO 8601 compare as texts.
  const isNewer = clock !== undefined && clock > (session.value?.clock ?? '');
  const shown = session.value && isNewer ? { ...session.value, clock } : session.value;
  return { session: shown, days, error: session.error ?? error, lostSince, isDeleted, version, reload: readAll };
}

/**
 * The days of a session. `reload` reads the days in `changedDates` again, or all days when an earlier read failed. One read follows
 * another, so that an older answer never replaces a newer one.
 */
function useDays(id: string) {
  const [firstPages, setFirstPages] = useState<SessionDays>();
  /** The last result; during the first read its first page. */
  const latest = useRef<SessionDays | undefined>(undefined);
  const isAllWanted = useRef(true);
  const changedDates = useRef(new Set<string>()).current;
  const onPage = (pages: SessionDays) => {
    latest.current ??= pages;
    setFirstPages(pages);
  };
  const { value, error, reload } = useResource(id, async () => {
    const dates = [...changedDates].sort();
    changedDates.clear();
    const old = isAllWanted.current ? undefined : latest.current;
    if (old && dates.length === 0) return old;
    isAllWanted.current = false;
    try {
      latest.current = await readDays(id, onPage, old && { old, from: dates[0]!, to: dates.at(-1)! });
    } catch (cause) {
      isAllWanted.current = true;
      // A session that was never started has no days yet.
      if (!(cause instanceof CallError && cause.status === 409)) throw cause;
    }
    return latest.current;
  });
  const reloadAll = () => {
    isAllWanted.current = true;
    reload();
  };
  // Single pages are shown only until all pages were read once. Later, a mixture of old and new rows would change the order of the rows.
  return { days: value ?? firstPages, error, latest, changedDates, reload, reloadAll };
}

/** The date of the trading day that ends at or after a time; of the last day when the time is after all of them. */
function dateOf(days: SessionDays | undefined, time: string): string {
  return (days?.days.find(({ close }) => close >= time) ?? days?.days.at(-1))?.date ?? time.slice(0, 10);
}
