/** The state of a session's page: the session, its days, and whether the live connection works. After events, data is read again. */
import type { SessionAnswer } from '@barkeep/api';
import {
  callInView,
  currentView,
  DaysReader,
  listenToSession,
  sessionPath,
  type LiveEvent,
  type SessionDays,
} from '../data/index.js';
import { useResource, useThrottle } from '../shell/index.js';
import { useLayoutEffect, useMemo, useState } from 'preact/hooks';

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
  const reader = useMemo(() => new DaysReader(id), [id]);
  const [firstPages, setFirstPages] = useState<SessionDays>();
  const days = useResource(id, () => reader.read(setFirstPages));
  const [clock, setClock] = useState<string>();
  const [lostSince, setLostSince] = useState<Date | null>(null);
  const [isDeleted, setDeleted] = useState(false);
  const [version, setVersion] = useState(0);

  const readAll = () => {
    session.reload();
    setVersion((previous) => previous + 1);
    reader.wantAll();
    days.reload();
  };
  const readChanged = useThrottle(READ_EVERY_MS, () => {
    session.reload();
    if (reader.hasChangedDates) setVersion((previous) => previous + 1);
    days.reload();
  });
  const onEvent = ({ type, data }: LiveEvent) => {
    if (type === 'clock' && data.time) setClock(data.time);
    if (type === 'state' && data.state === 'deleted') return setDeleted(true);
    // A clock event has no date: it changes the day that the clock is in.
    if (data.date) reader.wantDate(data.date);
    else if (type === 'clock' && data.time) reader.wantDateOf(data.time);
    readChanged();
  };
  // A change of the view needs another connection.
  const listen = () => listenToSession(id, { onEvent, onGap: readAll, onConnection: setLostSince });
  useLayoutEffect(listen, [id, currentView()]);
  // An event may have a later clock than the last answer. Times in ISO 8601 compare as texts.
  const isNewer = clock !== undefined && clock > (session.value?.clock ?? '');
  return {
    session: session.value && isNewer ? { ...session.value, clock } : session.value,
    // Single pages are shown only until all pages were read once. Later, a mixture of old and new rows would change the order of the rows.
    days: days.value ?? firstPages,
    error: session.error ?? days.error,
    lostSince,
    isDeleted,
    version,
    reload: readAll,
  };
}
