/** Types that libs/api gets. */
export interface DifferenceAnswer {
  equal: boolean;
  first: null | { symbol: string; date: string; slotTime: string };
  compared: { symbols: number; days: number };
}
export interface QueuesAnswer {
  queues: {
    name: string;
    waiting: number;
    active: number;
    delayed: number;
    failed: number;
    completed: number;
    oldestWaitingMs: number | null;
    running: { id: string; session: string | null; since: string }[];
    failures: { id: string; session: string | null; at: string; message: string }[];
    repairMs: { p50: number; p99: number; count: number } | null;
  }[];
}
