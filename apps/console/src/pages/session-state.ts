/** The state of a session's page: the session, its days, and whether the live connection works. Events cause further reads. */
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

export interface FollowedSession {
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

/** Follows one session while its page is shown. */
export function useSession(id: string): FollowedSession {
  const session = useResource(id, () => callInView<SessionAnswer>(sessionPath(id)));
  const [days, setDays] = useState<SessionDays>();
  const [daysError, setDaysError] = useState<Error>();
  const [clock, setClock] = useState<string>();
  const [lostSince, setLostSince] = useState<Date | null>(null);
  const [isDeleted, setDeleted] = useState(false);
  const [version, setVersion] = useState(0);
  const latestDays = useRef<SessionDays | undefined>(undefined);
  latestDays.current = days;
  const changedDates = useRef(new Set<string>());

  const readAllDays = () =>
    void readDays(id, setDays).then(
      () => setDaysError(undefined),
      // A session that was never started has no days yet.
      (error: unknown) =>
        setDaysError(error instanceof CallError && error.status === 409 ? undefined : (error as Error)),
    );
  const readAll = () => {
    session.reload();
    setVersion((previous) => previous + 1);
    readAllDays();
  };
  const readChanged = useThrottle(READ_EVERY_MS, () => {
    session.reload();
    const dates = [...changedDates.current].sort();
    changedDates.current.clear();
    const old = latestDays.current;
    if (!old) readAllDays();
    else if (dates.length > 0) {
      setVersion((previous) => previous + 1);
      // The days are shown only when all pages are read, because a mixture of old and new rows would change their order.
      const again = { old, from: dates[0]!, to: dates.at(-1)! };
      readDays(id, () => undefined, again).then(setDays, setDaysError);
    }
  });
  const onEvent = ({ type, data }: LiveEvent) => {
    if (type === 'clock' && data.time) setClock(data.time);
    if (type === 'state' && data.state === 'deleted') return setDeleted(true);
    if (data.date) changedDates.current.add(data.date);
    else if (type === 'clock' && data.time) changedDates.current.add(dateOf(latestDays.current, data.time));
    readChanged();
  };
  useLayoutEffect(() => {
    setDays(undefined);
    setClock(undefined);
    setDeleted(false);
    readAll();
    return listenToSession(id, { onEvent, onGap: readAll, onConnection: setLostSince });
  }, [id]);
  const shown =
    session.value && clock && clock > (session.value.clock ?? '') ? { ...session.value, clock } : session.value;
  return { session: shown, days, error: session.error ?? daysError, lostSince, isDeleted, version, reload: readAll };
}

/** The date of the trading day that ends at or after a time; of the last day when the time is after all of them. */
function dateOf(days: SessionDays | undefined, time: string): string {
  return (days?.days.find(({ close }) => close >= time) ?? days?.days.at(-1))?.date ?? time.slice(0, 10);
}
