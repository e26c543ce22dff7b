/**
 * Adds symbols to a session and removes them: while it runs, at rest, and when its coordinator dies. The session ends like one that had
 * the final list from the start (I1). No key or field of a removed symbol remains (I9).
 * docs/ARCHITECTURE.md lists the invariants, such as I1.
 */
import type { Session } from '../support/system/api.js';
import { processOf } from '../support/system/disturbed-system.js';
import { FIRST, SymbolsLab } from '../support/system/symbols-lab.js';

const TAKE_OVER_MS = 10_000;

let lab: SymbolsLab;
beforeAll(async () => {
  lab = await SymbolsLab.create();
});
afterAll(() => lab?.close());

test('I1 another coordinator completes the joining of a symbol when the owner is killed in the middle of it', async () => {
  const id = 'killed-joining';
  // The repository holds back its answers for day 5 and later days, so the session waits on day 5.
  await lab.repository.holdFrom(lab.day(5));
  await lab.api().run(lab.specOf(id, FIRST));
  await lab.repository.asked(({ date }) => date === lab.day(5));
  const { clock } = await lab.clockReaches(id, 4);
  // From day 2 on the repository does not answer for FFF, which therefore stays joining.
  await lab.repository.holdFrom(lab.day(2));
  expect(await lab.add(id, 'FFF')).toMatchObject({ status: 202, body: { state: 'joining' } });
  await lab.repository.asked(({ date, symbol }) => date === lab.day(2) && symbol === 'FFF');
  expect((await lab.api().call('GET', `${lab.pathOf(id, 'FFF')}/bars/latest`)).status).toBe(404);
  expect(await lab.add(id, 'FFF')).toMatchObject({ status: 202 });

  const owner = await lab.disturbed.streaming(id, () => true);
  const killed = processOf(lab.coordinators, owner.pid);
  await killed.signal('SIGKILL');
  lab.coordinators = lab.coordinators.filter((other) => other !== killed);
  await lab.disturbed.streaming(id, ({ epoch }) => epoch > owner.epoch, TAKE_OVER_MS);
  expect((await lab.api().session(id)).clock! >= clock!).toBe(true);
  expect((await lab.api().call('GET', `${lab.pathOf(id, 'FFF')}/bars/latest`)).status).toBe(404);
  await lab.repository.open();
  const { counts } = await lab.api().settled(id);
  await lab.endsAs(id, [...FIRST, 'FFF'], counts);
  lab.coordinators.push(await lab.disturbed.system.coordinator());
});

test('I9 symbols of a created, paused or completed session can be removed, and added while it has not ended', async () => {
  const id = 'at-rest';
  await lab.repository.holdFrom(lab.day(3));
  expect((await lab.api().call('POST', '/v1/sessions', lab.specOf(id, ['AAA', 'BBB']))).status).toBe(201);
  expect(await lab.add(id, 'EEE')).toMatchObject({ status: 200, body: { state: 'present' } });
  expect((await lab.remove(id, 'AAA')).status).toBe(204);
  await lab.api().ok('POST', `/v1/sessions/${id}/start`);
  await lab.repository.asked(({ date }) => date === lab.day(3));
  await lab.api().ok('POST', `/v1/sessions/${id}/pause`);
  expect(await lab.add(id, 'CCC')).toMatchObject({ status: 202 });
  expect((await lab.remove(id, 'EEE')).status).toBe(204);
  await lab.expectNothingOf(id, ['AAA', 'EEE']);
  await lab.api().ok('POST', `/v1/sessions/${id}/resume`);
  await lab.repository.open();
  await lab.api().settled(id);
  expect(await lab.add(id, 'DDD')).toMatchObject({
    status: 409,
    body: { type: 'urn:barkeep:problem:wrong-state' },
  });
  expect(await lab.add(id, 'CCC')).toMatchObject({ status: 200, body: { state: 'present' } });
  expect((await lab.remove(id, 'BBB')).status).toBe(204);
  await lab.endsAs(id, ['CCC'], (await lab.api().session(id)).counts);
  await lab.expectNothingOf(id, ['AAA', 'BBB', 'DDD', 'EEE']);
});

test.each([
  { name: 'with retained days', more: { history: { trailingDays: 2, retainDays: 3 } }, historyDays: 2 },
  { name: 'with a pace', more: { pace: { mode: 'clock', speed: 60_000 } }, historyDays: 0 },
])(
  'I1 a symbol is added to a session $name, and another one is removed',
  async ({ name, more, historyDays }) => {
    const id = `joining-${name.replaceAll(' ', '-')}`;
    const spec = { ...lab.specOf(id, FIRST), ...more, start: lab.day(historyDays) };
    await lab.repository.holdFrom(lab.day(8));
    await lab.api().run(spec);
    await lab.clockReaches(id, 7);
    expect(await lab.add(id, 'FFF')).toMatchObject({ status: 202 });
    expect((await lab.remove(id, 'BBB')).status).toBe(204);
    await lab.repository.open();
    await lab.api().settled(id, 60_000);
    await lab.expectNothingOf(id, ['BBB']);

    const symbols = ['AAA', 'CCC', 'DDD', 'FFF'];
    const unchanged = await lab.api().run({ ...spec, id: `${id}-unchanged`, symbols });
    await lab.api().settled(unchanged, 60_000);
    expect(await lab.api().digest(id)).toBe(await lab.api().digest(unchanged));
    if (historyDays === 0) return;
    const { history } = await lab.api().ok<Session>('GET', `/v1/sessions/${id}`);
    expect(Object.keys(history!.bars!).sort()).toEqual(symbols);
  },
  120_000,
);

test('an impossible change is refused with its cause', async () => {
  const id = 'refused-changes';
  await lab.api().call('POST', '/v1/sessions', lab.specOf(id, ['AAA']));
  expect(await lab.add('nobody', 'AAA')).toMatchObject({
    status: 404,
    body: { type: 'urn:barkeep:problem:unknown-session' },
  });
  expect(await lab.add(id, 'a%20a')).toMatchObject({
    status: 400,
    body: { type: 'urn:barkeep:problem:invalid-input' },
  });
  expect(await lab.remove(id, 'BBB')).toMatchObject({
    status: 404,
    body: { type: 'urn:barkeep:problem:unknown-symbol' },
  });
  expect(await lab.remove(id, 'AAA')).toMatchObject({
    status: 409,
    body: { type: 'urn:barkeep:problem:symbol-count' },
  });
  await lab.api().ok('DELETE', `/v1/sessions/${id}`);
});
