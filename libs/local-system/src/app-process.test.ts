import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppProcess } from './app-process.js';

/** Preloaded by an app, so that it ends when its parent does. */
const END_WITH_PARENT = join(__dirname, '../bin/end-with-parent.js');
let folder: string;
const apps: AppProcess[] = [];
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'barkeep-app-'))));
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.stop()));
  rmSync(folder, { recursive: true });
});

/** An app that runs a script. `reported` waits for the next report that contains a text. */
interface TestApp {
  app: AppProcess;
  reports: string[];
  reported: (text: string) => Promise<void>;
}

function appOf(script: string): TestApp {
  const entry = join(folder, 'app.cjs');
  writeFileSync(entry, script);
  const reports: string[] = [];
  const waiting: { text: string; resolve: () => void }[] = [];
  const report = (line: string): void => {
    reports.push(line);
    for (const { text, resolve } of waiting) if (line.includes(text)) resolve();
  };
  const env = { ...process.env, BARKEEP_PORT: '0' };
  const app = new AppProcess({ name: 'coordinator 1', entry, env, logFile: join(folder, 'logs/app.log') }, report);
  apps.push(app);
  return { app, reports, reported: (text) => new Promise((resolve) => waiting.push({ text, resolve })) };
}

const kill = ({ pid }: AppProcess) => process.kill(pid!, 'SIGKILL');

/** Serves on port 40123 at its first start, and on the port of that start at a restart. */
const SERVING = `
  const port = Number(process.env.BARKEEP_PORT) || 40123;
  console.log('port', port);
  process.on('SIGTERM', () => process.exit(0));
  setInterval(() => {}, 1000);
  process.send({ ready: true, url: 'http://127.0.0.1:' + port });`;

describe('an app process', () => {
  it('has started when it reports its address, and stops with exit code 0', async () => {
    const { app, reports } = appOf(SERVING);
    const exitListeners = process.listenerCount('exit');
    await app.start();
    expect(app.url).toBe('http://127.0.0.1:40123');
    expect(process.listenerCount('exit')).toBe(exitListeners); // Node warns when 11 apps have a listener each
    expect(await app.stop()).toBe(true);
    expect(reports).toEqual([]);
  });

  it('shows the end of its log when it does not start', async () => {
    const { app } = appOf(`console.error('DATABASE_URL: expected a URL'); process.exit(1);`);
    await expect(app.start()).rejects.toThrow(/coordinator 1 did not start: exit code 1\nDATABASE_URL: expected a URL/);
  });

  it('restarts on the same port when it dies', async () => {
    const { app, reported } = appOf(SERVING);
    await app.start();
    const runsAgain = reported('runs again');
    kill(app);
    await runsAgain;
    expect(app.url).toBe('http://127.0.0.1:40123');
    expect(readFileSync(app.spec.logFile, 'utf8')).toBe('port 40123\nport 40123\n');
    expect(await app.stop()).toBe(true);
  });

  it('restarts on port 80, which its address leaves out', async () => {
    const { app, reported } = appOf(SERVING.replace('+ port });', '+ 80 });'));
    await app.start();
    const runsAgain = reported('runs again');
    kill(app);
    await runsAgain;
    expect(readFileSync(app.spec.logFile, 'utf8')).toBe('port 40123\nport 80\n');
  });

  it('does not restart when it is stopped before its restart', async () => {
    const { app, reports, reported } = appOf(SERVING);
    await app.start();
    const died = reported('starting it again');
    kill(app);
    await died;
    expect(await app.stop()).toBe(false);
    expect(reports).toHaveLength(1);
  });

  it('stops when its restart is ready after the request to stop', async () => {
    // At its restart the app becomes ready only on SIGTERM, and ends 100 ms later.
    const { app, reports } = appOf(`
      const isRestart = process.env.BARKEEP_PORT !== '0'; // it gets the port of its first start
      setInterval(() => {}, 1000);
      if (isRestart) {
        process.on('SIGTERM', () => process.send({ ready: true }, () => setTimeout(() => process.exit(0), 100)));
        console.log('again');
      } else process.send({ ready: true, url: 'http://127.0.0.1:40123' });`);
    await app.start();
    kill(app);
    while (!readFileSync(app.spec.logFile, 'utf8').includes('again')) await delay(20);
    expect(await app.stop()).toBe(true);
    expect(reports).toEqual([expect.stringContaining('starting it again')]);
  });

  it('ends in order when the process that started it is killed', async () => {
    // The parent starts the app with END_WITH_PARENT preloaded, prints `up` when the app runs, and is then killed.
    const app = join(folder, 'app.cjs');
    writeFileSync(
      app,
      `process.on('SIGTERM', () => { console.log('in order'); process.exit(0); });
      setInterval(() => {}, 1000);
      process.send('up');`,
    );
    const parent = join(folder, 'parent.cjs');
    writeFileSync(
      parent,
      `const options = { execArgv: ['-r', process.argv[3]], detached: true };
      require('node:child_process').fork(process.argv[2], [], options).once('message', () => console.log('up'));`,
    );
    const child = spawn(process.execPath, [parent, app, END_WITH_PARENT], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (text: Buffer) => {
      output += text.toString();
      if (output === 'up\n') child.kill('SIGKILL');
    });
    await once(child.stdout, 'close'); // the app holds it open too, until it ends
    expect(output).toBe('up\nin order\n');
  });

  it('says how to build its program when it is missing', async () => {
    const { app } = appOf('');
    rmSync(app.spec.entry);
    await expect(app.start()).rejects.toThrow('npm run build');
  });
});
