/**
 * A strategy as a user writes it: follows a session to its end under a name, and checks that no step shows the future (invariant I2 of
 * docs/ARCHITECTURE.md). A little work in each step keeps the session busy for seconds.
 */
import { connect } from '@barkeep/client';
import { setTimeout as delay } from 'node:timers/promises';

const { connection, session, consumer, every, workMs } = JSON.parse(process.argv[2]);
process.send('ready'); // the campaign waits for it
process.on('SIGTERM', () => process.exit(0));
const barkeep = connect(connection);
let lastTime = -Infinity; // earlier than any step
for await (const step of barkeep.session(session).follow({ consumer, every })) {
  if (step.time <= lastTime) throw new Error(`I2: a step at ${step.time} came after one at ${lastTime}`);
  if (step.mirror.clock !== step.time)
    throw new Error(`I2: the mirror's clock was ${step.mirror.clock} in a step at ${step.time}`);
  lastTime = step.time;
  await delay(workMs);
}
await barkeep.close();
process.exit(0);
