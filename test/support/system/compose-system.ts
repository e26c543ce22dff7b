/**
 * The system of docker-compose.yml under a separate project name and on free ports, so that the systems of other tests
 * and of the user can run at the same time. Needs a Docker engine.
 */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@barkeep/local-system';
import { Api, type Session } from './api.js';

const ROOT = join(__dirname, '../../..');
const PORTS = ['COORDINATOR_1_PORT', 'COORDINATOR_2_PORT', 'REDIS_QUEUE_PORT', 'REDIS_SESSION_PORT', 'POSTGRES_PORT'];
/** Label by which Docker Compose marks everything of a project. */
const LABEL = 'com.docker.compose.project';

/** The part of `docker inspect` that tests read. */
export interface Container {
  Id: string;
  Config: { User: string; Image: string };
  HostConfig: { ReadonlyRootfs: boolean };
  Mounts: { Destination: string }[];
  State: { Health?: { Status: string } };
}

export class ComposeSystem {
  private constructor(
    readonly project: string,
    private readonly files: readonly string[],
    private readonly variables: Readonly<Record<string, string>>,
    /** Folder on this machine that the command line's container sees as /data. */
    readonly data: string,
  ) {}

  /** @param variables set as a user would set them, for example a chosen key */
  static async create(
    project: string,
    files: readonly string[] = ['docker-compose.yml'],
    variables: Readonly<Record<string, string>> = {},
  ): Promise<ComposeSystem> {
    const data = mkdtempSync(join(tmpdir(), `${project}-`));
    chmodSync(data, 0o755); // the command line runs as another user
    const ports: Record<string, string> = {};
    for (const name of PORTS) ports[name] = String(await freePort());
    const system = new ComposeSystem(project, files, { ...ports, ...variables, BARKEEP_DATA: data }, data);
    await system.down(); // removes what an interrupted run left
    return system;
  }

  /** Builds and starts everything, and waits until all of it is healthy. */
  async up(...options: string[]): Promise<void> {
    await this.compose('up', '--wait', ...options);
  }

  /** Stops and removes everything. @returns containers, volumes and networks that are left */
  async remove(): Promise<string[]> {
    await this.down();
    rmSync(this.data, { recursive: true, force: true });
    const filter = ['--filter', `label=${LABEL}=${this.project}`];
    const left = await Promise.all([
      this.docker('ps', '--all', '--quiet', ...filter),
      this.docker('volume', 'ls', '--quiet', ...filter),
      this.docker('network', 'ls', '--quiet', ...filter),
    ]);
    return left.flatMap((names) => lines(names));
  }

  private async down(): Promise<void> {
    await this.compose('--profile', '*', 'down', '--volumes', '--remove-orphans');
  }

  /** The keys and addresses that `docker compose run keys show` prints, by the name of their variable. */
  async keys(): Promise<Record<string, string>> {
    const shown = await this.compose('run', '--rm', '-T', 'keys', 'show');
    return Object.fromEntries([...shown.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]));
  }

  /** The API of one coordinator. @param key sent with each call; undefined: calls without a key */
  api(coordinator: 1 | 2, key?: string): Api {
    const url = `http://127.0.0.1:${this.variables[`COORDINATOR_${coordinator}_PORT`]}`;
    return new Api(url, key === undefined ? {} : { authorization: `Bearer ${key}` });
  }

  /** The running containers of one service, or of all. */
  async containers(service?: string): Promise<Container[]> {
    const ids = lines(await this.compose('ps', '--quiet', ...(service === undefined ? [] : [service])));
    return ids.length === 0 ? [] : (JSON.parse(await this.docker('inspect', ...ids)) as Container[]);
  }

  /** The id of a service's first container. @throws when it has none */
  async container(service: string): Promise<string> {
    const [first] = await this.containers(service);
    if (first === undefined) throw new Error(`expected a container of ${service}, was none`);
    return first.Id;
  }

  /** Runs `docker compose` on this system. @returns its standard output @throws an error with its output when it fails */
  compose(...args: string[]): Promise<string> {
    const files = this.files.flatMap((file) => ['--file', join(ROOT, file)]);
    return this.docker('compose', '--project-name', this.project, ...files, '--progress', 'quiet', ...args);
  }

  /** Runs `docker`. @returns its standard output @throws an error with its output when it fails */
  docker(...args: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const options = { cwd: ROOT, maxBuffer: 1 << 26, env: { ...process.env, ...this.variables } };
      execFile('docker', args, options, (error, stdout, stderr) => {
        if (error) reject(new Error(`docker ${args.join(' ')}: ${stdout}${stderr}`));
        else resolve(stdout.trim());
      });
    });
  }
}

/**
 * Waits until a session has completed. Calls that fail are repeated, because a server may be down. @throws when the
 * session ended in another way, or did not end within `boundMs`
 */
export async function completed(api: Api, id: string, boundMs: number): Promise<Session> {
  const look = () => api.session(id).catch((error: unknown) => error);
  const seen = await api.eventually(look, (session) => isSession(session) && isOver(session), boundMs);
  if (!isSession(seen) || seen.state !== 'completed') throw new Error(`session ${id}: ${JSON.stringify(seen)}`);
  return seen;
}

function isSession(seen: unknown): seen is Session {
  return typeof seen === 'object' && seen !== null && 'state' in seen;
}

function isOver({ state }: Session): boolean {
  return ['completed', 'failed', 'lost', 'stopped'].includes(state);
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
