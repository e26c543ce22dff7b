/**
 * Builds stand-ins for public images, for a machine that reaches no image registry but can download packages of Debian and npm. They behave
 * like the public images as far as this project uses them: users, programs, volumes, and the environment of PostgreSQL's first start.
 *
 * Node has the version of the name. The servers have the version of a Debian release: Redis 7.0 and PostgreSQL 15 (bookworm), Redis 8.0,
 * Valkey 8.1 and PostgreSQL 17 (trixie). So a test must ask a server for its version instead of relying on an image's name.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DebianRelease } from './debian.mjs';

/** Packages that the shells of the tests and of npm need. */
const SYSTEM = ['base-files', 'base-passwd', 'dash', 'bash', 'coreutils', 'grep', 'sed', 'findutils'];
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
/** User and group of the servers in the containers, as in the public images. */
const UID = 999;

/** How to build each kind of image. The first entry whose `name` matches the public image's name is used; `make` gets the match. */
const KINDS = [
  { name: /^node:(\d+(?:\.\d+)*)/, release: 'bookworm', packages: ['libstdc++6'], make: makeNode },
  { name: /^redis:[67]/, release: 'bookworm', packages: ['redis-server'], make: makeRedis('redis') },
  { name: /^redis:8/, release: 'trixie', packages: ['redis-server'], make: makeRedis('redis') },
  { name: /^valkey\/valkey:8/, release: 'trixie', packages: ['valkey-server'], make: makeRedis('valkey') },
  { name: /^postgres:1[56]/, release: 'bookworm', packages: ['postgresql-15'], make: makePostgres },
  { name: /^postgres:1[78]/, release: 'trixie', packages: ['postgresql-17'], make: makePostgres },
];

/**
 * Makes the stand-in of a public image, under the same name, in the engine that DOCKER_HOST names.
 *
 * @param {string} image name of a public image @param {string} folder where downloads are kept
 * @throws Error when no stand-in is known, or a package cannot be downloaded
 */
export function makeStandIn(image, folder) {
  const kind = KINDS.find(({ name }) => name.test(image));
  if (kind === undefined) throw new Error(`expected an image that Debian's packages can stand in for, was ${image}`);
  mkdirSync(folder, { recursive: true });
  const root = mkdtempSync(join(folder, 'root-'));
  try {
    new DebianRelease(kind.release, folder).extractWithDependencies([...SYSTEM, ...kind.packages], root);
    chmodSync(root, 0o755);
    // Installing the packages would do this; extracting them does not.
    rmSync(join(root, 'var/run'), { recursive: true, force: true });
    symlinkSync('/run', join(root, 'var/run'));
    for (const file of ['passwd', 'group'])
      copyFileSync(join(root, `usr/share/base-passwd/${file}.master`), join(root, 'etc', file));
    const changes = kind.make(root, kind.name.exec(image));
    const args = changes.flatMap((change) => ['--change', change]);
    execFileSync('sh', ['-c', 'tar -C "$0" -c . | docker import "$@"', root, ...args, '-', image], { stdio: 'pipe' });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/**
 * Like the other `make` functions, completes the file system in `root` and returns changes of the image in the form of
 * Dockerfile lines. Copies this machine's certificates and npm settings, so that `npm ci` works in an image build too.
 */
function makeNode(root, [, version]) {
  const local = join(root, 'usr/local');
  installNode(local, version);
  const settings = execFileSync('npm', ['config', 'get', 'globalconfig'], { encoding: 'utf8' }).trim();
  if (existsSync(settings)) copyTo(join(local, 'etc/npmrc'), settings);
  addUser(root, 'node', 1000);
  if (!existsSync(CERTIFICATES)) return ['CMD ["node"]'];
  copyTo(join(root, CERTIFICATES), CERTIFICATES);
  return [`ENV NODE_EXTRA_CA_CERTS=${CERTIFICATES}`, 'CMD ["node"]'];
}

/** Installs Node and npm from npm's packages. @param local the folder usr/local of the image */
function installNode(local, version) {
  const platform = `node-${process.platform}-${process.arch}`;
  const install = ['install', '--silent', '--global', '--prefix', local, `${platform}@${version}`, 'npm@11'];
  execFileSync('npm', install, { stdio: 'pipe' });
  const installed = join(local, 'lib/node_modules', platform);
  mkdirSync(join(local, 'bin'), { recursive: true });
  renameSync(join(installed, 'bin/node'), join(local, 'bin/node'));
  rmSync(installed, { recursive: true });
}

function copyTo(target, file) {
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(file, target);
}

function makeRedis(name) {
  return (root) => {
    addUser(root, name, UID);
    ownFolder(join(root, 'data'), 0o755);
    return ['VOLUME /data', 'WORKDIR /data', 'EXPOSE 6379', `CMD ["${name}-server"]`];
  };
}

function makePostgres(root) {
  const [version] = readdirSync(join(root, 'usr/lib/postgresql'));
  const programs = join('/usr/lib/postgresql', version, 'bin');
  mkdirSync(join(root, 'usr/local/bin'), { recursive: true });
  for (const program of readdirSync(join(root, programs)))
    symlinkSync(join(programs, program), join(root, 'usr/local/bin', program));
  // This library needs libllvm, which is left out. Without the library PostgreSQL runs without its JIT compiler.
  rmSync(join(root, 'usr/lib/postgresql', version, 'lib/llvmjit.so'), { force: true });
  const entrypoint = join(root, 'usr/local/bin/docker-entrypoint.sh');
  copyFileSync(join(import.meta.dirname, 'postgres-entrypoint.sh'), entrypoint);
  chmodSync(entrypoint, 0o755);
  addUser(root, 'postgres', UID);
  ownFolder(join(root, 'var/lib/postgresql'), 0o755);
  ownFolder(join(root, 'run/postgresql'), 0o3777); // as in the public image: setgid, and sticky like /tmp
  const settings = `PGDATA=/var/lib/postgresql/${version}/docker POSTGRES_USER=postgres POSTGRES_DB=postgres LANG=C.UTF-8`;
  return [`ENV ${settings}`, 'VOLUME /var/lib/postgresql', 'ENTRYPOINT ["docker-entrypoint.sh"]', 'CMD ["postgres"]'];
}

/** Adds a user, or replaces one of the same name. Packages usually add their users when installed, but these are extracted. */
function addUser(root, name, uid) {
  for (const [file, line] of [
    ['passwd', `${name}:x:${uid}:${uid}::/tmp:/bin/sh\n`],
    ['group', `${name}:x:${uid}:\n`],
  ]) {
    const path = join(root, 'etc', file);
    const others = readFileSync(path, 'utf8').replaceAll(new RegExp(`^${name}:.*\\n`, 'gm'), '');
    writeFileSync(path, others + line);
  }
}

/** Makes an empty folder that belongs to the server's user. */
function ownFolder(path, mode) {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  chownSync(path, UID, UID);
  chmodSync(path, mode);
}
