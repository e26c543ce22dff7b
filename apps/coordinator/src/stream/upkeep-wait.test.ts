import { UpkeepWait } from './upkeep-wait.js';

/** The states that the wait gave to the session. */
let states: string[];
/** How often the wait requested upkeep. */
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

/** Continues the wait after each of these pauses; the first call begins it. */
async function continueAfter(...pausesMs: number[]): Promise<void> {
  for (const pauseMs of pausesMs) {
    jest.advanceTimersByTime(pauseMs);
    await wait.continue();
  }
}

test('a short wait does not change the state of the session, a longer one does', async () => {
  await continueAfter(0, 299);
  expect(states).toEqual([]);
  await continueAfter(1);
  expect(states).toEqual(['waiting-upkeep']);
});

test('upkeep is requested again after 5 s, then whenever the wait has doubled', async () => {
  await continueAfter(0, 4_999);
  expect(requests).toBe(0);
  await continueAfter(1, 4_999);
  expect(requests).toBe(1);
  await continueAfter(1, 9_999);
  expect(requests).toBe(2);
  await continueAfter(1);
  expect(requests).toBe(3);
});

test('a wait that ended does not count for the next one', async () => {
  await continueAfter(0, 60_000);
  expect(requests).toBe(1);
  wait.end();
  await continueAfter(4_000, 4_999); // the next wait begins after the first pause and takes less than 5 s
  expect(requests).toBe(1);
});
