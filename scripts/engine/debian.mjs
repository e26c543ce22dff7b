/** Extracts Debian packages of any release, with dependencies, without installing them. Needs apt-get, its sources and dpkg-deb. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Commands print nothing to the terminal. Their output is returned, or is in the error when they fail. */
const QUIET = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 * 1024 * 1024 };
const KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** Dependencies that the programs do not need: PostgreSQL's JIT compiler, the installers' Perl, translations. */
const LEFT_OUT = /^(libllvm|libz3|libperl|perl|locales|libc-l10n|postgresql-common|postgresql-client-common)/;

/** @returns {boolean} true on Debian, for a user who may install packages */
export function isDebianAsRoot() {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return process.getuid?.() === 0 && /^ID=debian$/m.test(release) && existsSync(KEYS);
}

/** Installs packages of this machine's release. @throws Error with what apt-get printed */
export function install(names) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('apt-get', ['-q', 'update'], QUIET);
  execFileSync('apt-get', ['-q', 'install', '-y', '--no-install-recommends', ...names], { ...QUIET, env });
}

/** One release of Debian. Downloads stay in a folder for the next call. */
export class DebianRelease {
  #options;
  #folder;

  /** @param {string} name such as bookworm @param {string} folder where downloads are kept */
  constructor(name, folder) {
    this.#folder = join(folder, name);
    mkdirSync(join(this.#folder, 'lists/partial'), { recursive: true });
    mkdirSync(join(this.#folder, 'cache/archives/partial'), { recursive: true });
    // An empty list of installed packages, so that apt-get downloads every dependency.
    writeFileSync(join(this.#folder, 'status'), '');
    const sources = join(this.#folder, 'release.sources');
    writeFileSync(sources, `Types: deb\nURIs: ${archive()}\nSuites: ${name}\nComponents: main\nSigned-By: ${KEYS}\n`);
    const settings = {
      'Dir::State': this.#folder,
      'Dir::State::status': join(this.#folder, 'status'),
      'Dir::Cache': join(this.#folder, 'cache'),
      'Dir::Etc::sourcelist': sources,
      'Dir::Etc::sourceparts': '-',
      'Acquire::Languages': 'none',
      'APT::Sandbox::User': 'root',
    };
    this.#options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
    if (!readdirSync(join(this.#folder, 'lists')).some((file) => file.endsWith('Packages'))) this.#apt('update');
  }

  /** Extracts packages and what they depend on into a folder, which then is the root of a file system. */
  extractWithDependencies(packages, root) {
    const command = ['install', '-y', '--no-install-recommends', ...packages];
    this.#apt(...command, '--download-only');
    // A simulated run names the packages that the first one downloaded.
    const names = [...this.#apt(...command, '--simulate').matchAll(/^Inst (\S+)/gm)].map(([, name]) => name);
    // As in an installed Debian, /bin and others are links into /usr.
    for (const folder of ['bin', 'sbin', 'lib', 'lib64']) {
      mkdirSync(join(root, 'usr', folder), { recursive: true });
      symlinkSync(`usr/${folder}`, join(root, folder));
    }
    for (const name of names) if (!LEFT_OUT.test(name)) this.#extract(name, root);
  }

  /** Extracts one package, without its dependencies. */
  extractOnly(name, root) {
    const archives = join(this.#folder, 'cache/archives');
    execFileSync('apt-get', ['-q', ...this.#options, 'download', name], { ...QUIET, cwd: archives });
    mkdirSync(root, { recursive: true });
    this.#extract(name, root);
  }

  #extract(name, root) {
    const archives = join(this.#folder, 'cache/archives');
    const file = readdirSync(archives).find((other) => other.startsWith(`${name}_`));
    if (file === undefined) throw new Error(`expected a package ${name} in ${archives}, was none`);
    const exclude = ['doc', 'man', 'locale'].map((folder) => `--exclude=./usr/share/${folder}`).join(' ');
    const script = `dpkg-deb --fsys-tarfile "$0" | tar -x -C "$1" --keep-directory-symlink ${exclude}`;
    execFileSync('sh', ['-c', script, join(archives, file), root], QUIET); // the first argument is $0
  }

  #apt(...args) {
    return execFileSync('apt-get', ['-q', ...this.#options, ...args], QUIET);
  }
}

/** The URL of the Debian archive that this machine's apt sources name for its release. */
function archive() {
  const format = '$(CODENAME) $(REPO_URI)';
  const output = execFileSync('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'], QUIET);
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  const source = output.split('\n').find((line) => line.startsWith(`${codename} `));
  if (source === undefined)
    throw new Error(`expected a source of packages for ${codename}, was ${JSON.stringify(output)}`);
  return source.slice(source.indexOf(' ') + 1);
}
