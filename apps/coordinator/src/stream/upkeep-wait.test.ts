import { UpkeepWait } from './upkeep-wait.js';

let states: string[];
let requests: number;
let wait: UpkeepWait;

beforeEach(() => {
  jest.useFakeTimers();
  states = [];
  requests = 0;
  const layout = { id: 's', incarnation: 'i', spec: { upkeep: { enabled: true } } };
  const add = async () => void requests++;
  const setState = async (state: string) => void states.push(state);
  wait = new UpkeepWait({ layout, producer: { add }, warn: () => undefined } as never, { setState });
});

afterEach(() => jest.useRealTimers());

/** Continues the wait after each of these times. */
async function after(...times: number[]): Promise<void> {
  for (const ms of times) {
    jest.advanceTimersByTime(ms);
    await wait.continue();
  }
}

test('a short wait does not change the state of the session, a longer one does', async () => {
  await after(0, 299);
  expect(states).toEqual([]);
  await after(1);
  expect(states).toEqual(['waiting-upkeep']);
});

test('upkeep is requested again after 5 s, then whenever the wait has doubled', async () => {
  await after(0, 4_999);
  expect(requests).toBe(0);
  await after(1, 4_999);
  expect(requests).toBe(1);
  await after(1, 9_999);
  expect(requests).toBe(2);
  await after(1);
  expect(requests).toBe(3);
});

test('a wait that ended does not count for the next one', async () => {
  await after(0, 60_000);
  wait.end();
  await after(4_000, 4_999);
  expect(requests).toBe(1);
});
