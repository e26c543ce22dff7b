import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from './server-process.js';

test('the error for a server that does not answer has the reason, although the server is ended', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'barkeep-server-'));
  try {
    const program = join(folder, 'server.cjs');
    writeFileSync(program, 'setInterval(() => undefined, 1000);');
    const started = { name: 'redis', command: process.execPath, args: [program], proof: program, cwd: folder };
    const command = { ...started, env: process.env, logFile: join(folder, 'server.log') };
    const probe = () => Promise.reject(new Error('the server does not support TLS'));
    const starting = startServer(command, () => undefined, probe, 50);
    await expect(starting).rejects.toThrow('was: no answer in 50 ms (the server does not support TLS)');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
