/** Tests the scripts of the containers: one makes and prints keys, the other checks the health of a service. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';

const KEYS_SCRIPT = join(__dirname, '../../scripts/container-keys.mjs');
const HEALTH_SCRIPT = join(__dirname, '../../scripts/container-health.mjs');
const PROMETHEUS = join(__dirname, '../../deploy/prometheus.yml');

describe('the keys of the containers', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'barkeep-keys-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (program: string, args: string[], env: NodeJS.ProcessEnv = {}) =>
    execFileSync(program, args, {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], BARKEEP_KEYS_DIR: folder, ...env },
    });
  const make = (env?: NodeJS.ProcessEnv) => run(process.execPath, [KEYS_SCRIPT, 'make'], env);
  const show = () => run(process.execPath, [KEYS_SCRIPT, 'show']);

  it('are made once, and printed as lines without quotes', () => {
    make();
    const shown = show();
    // Seven lines: four keys and passwords, and the addresses of three servers.
    expect(shown).toMatch(/^(export [A-Z_]+=[\w:/@.]+\n){7}$/);
    make();
    expect(show()).toBe(shown);
  });

  it('leave no file of a process that was killed while it wrote', () => {
    make();
    const files = readdirSync(folder);
    const unfinished = join(folder, 'api-key.new');
    writeFileSync(unfinished, '', { mode: 0o444 });
    make();
    expect(readdirSync(folder)).toEqual(files);
  });

  it('have a file for Prometheus with the first of several admin keys', () => {
    make({ BARKEEP_ADMIN_KEYS: 'first-key, second-key' });
    const { scrape_configs: jobs } = parse(readFileSync(PROMETHEUS, 'utf8'), { merge: true }) as {
      scrape_configs: { authorization: { credentials_file: string } }[];
    };
    const files = jobs.map(({ authorization }) => authorization.credentials_file.replace('/keys/', `${folder}/`));
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(['first-key\n', 'first-key\n']);
  });

  it('are refused when they have more than one line', () => {
    expect(() => make({ REDIS_PASSWORD: 'one\ntwo' })).toThrow('expected REDIS_PASSWORD to be one line, was 2 lines');
  });

  it('reach a shell and the addresses of the servers unchanged, whatever characters a password has', () => {
    // A quote, a percent escape and a variable: each would change in a shell or a URL without quoting.
    const password = `it's 50%41 & $HOME`;
    make({ REDIS_PASSWORD: password });
    // $0 and $1 are Node and the script.
    const script = `eval "$("$0" "$1" show)"; printf '%s\\n' "$REDIS_PASSWORD" "$REDIS_URL"`;
    const [shown, url] = run('sh', ['-c', script, process.execPath, KEYS_SCRIPT]).split('\n');
    expect(shown).toBe(password);
    expect(decodeURIComponent(new URL(url!).password)).toBe(password);
  });
});

test('the health check calls the default port when BARKEEP_PORT is empty, and prints why it failed', () => {
  const check = (port: string) => {
    const env = { ...process.env, BARKEEP_PORT: port };
    return spawnSync(process.execPath, [HEALTH_SCRIPT, 'coordinator'], { encoding: 'utf8', env }).stderr;
  };
  expect(check('')).toBe(check('3000'));
  // Nothing listens on port 1, which some versions of Node also refuse to call.
  expect(check('1')).toMatch(/^fetch failed: .*\b(1|bad port)\n$/);
});
