/** Completion of commands, options and files: loads the script that `barkeep completion` prints into a real shell, and types in a terminal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runBarkeep } from '../support/programs/barkeep-command.js';
import { describeOrSkip } from '../support/setup/describe-or-skip.js';
import { programOnPath } from '../support/setup/program-on-path.js';

const { PATH, HOME } = process.env;

interface Shell {
  program: string;
  /** So that it does not read the files of the user. */
  args: string;
  /** The file for the script. */
  file: string;
  /** The lines that load the script. */
  load: string[];
  /** The lines that make `barkeep` print its arguments, and the prompt `ready `. The echo of these lines has no such prompt. */
  setUp: string[];
}

const PRINT_ARGUMENTS = `barkeep() { printf 'got'; printf ' <%s>' "$@"; echo; }`;
const BASH: Shell = {
  program: 'bash',
  args: '--norc --noprofile',
  file: 'barkeep.bash',
  load: ['source ./barkeep.bash'],
  setUp: [PRINT_ARGUMENTS, `PS1='rea''dy '`],
};
const ZSH: Shell = {
  program: 'zsh',
  args: '-f',
  file: '_barkeep',
  load: ['fpath=($PWD $fpath)', 'autoload -Uz compinit && compinit -D -u'],
  setUp: [PRINT_ARGUMENTS, `PROMPT='rea''dy '`],
};
const SOURCED_ZSH: Shell = { ...ZSH, load: ['autoload -Uz compinit && compinit -D -u', 'source ./_barkeep'] };
const FISH: Shell = {
  program: 'fish',
  args: '--no-config',
  file: 'barkeep.fish',
  load: ['source ./barkeep.fish'],
  setUp: [
    `function barkeep; printf got; printf ' <%s>' $argv; echo; end`,
    `function fish_prompt; echo -n 'rea''dy '; end`,
  ],
};

/** What the user types before the tab key, and the arguments that the command then gets. */
const COMPLETED = {
  doc: '<doctor>',
  '--ver': '<--version>',
  'calendar ch': '<calendar> <check>',
  'calendar show XNYS --f': '<calendar> <show> <XNYS> <--from>',
  // `calendar show` has an option --from, and `dataset show` has none.
  'dataset show d --f': '<dataset> <show> <d> <--f>',
  'status --coordinator http://x --wat': '<status> <--coordinator> <http://x> <--watch>',
  'completion z': '<completion> <zsh>',
  'run mar': '<run> <march.json>',
  'import some': '<import> <some file.csv>',
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'barkeep-completion-'));
  await writeFile(join(folder, 'march.json'), '{}');
  await writeFile(join(folder, 'some file.csv'), '');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Types lines in a terminal with the shell; the tab key is pressed at the end of each text of `typed`. @returns what `barkeep` printed */
async function typeIn({ program, args, load, setUp }: Shell, typed: readonly string[]): Promise<string[]> {
  const env = { PATH, HOME: folder, TERM: 'dumb' };
  const terminal = spawn('script', ['-qec', `${program} ${args}`, '/dev/null'], { cwd: folder, env });
  const ended = once(terminal, 'close');
  for (const line of [...load, ...setUp]) terminal.stdin.write(`${line}\r`);
  const waiting = [...typed.map((text) => `barkeep ${text}\t\r`), 'exit\r'];
  let text = '';
  terminal.stdout.on('data', (part: Buffer) => {
    text += String(part);
    // The shell drops or echoes at the wrong place what is typed while a command runs. So each line waits for the prompt that follows
    // the answer of the line before. Prompts alone are not counted: fish prints some of them twice.
    const sent = typed.length + 1 - waiting.length;
    if (text.split('got <')[sent]?.includes('ready ')) terminal.stdin.write(waiting.shift() ?? '');
  });
  await ended;
  return [...text.matchAll(/^got (.*?)\r?$/gm)].map(([, printed = '']) => printed);
}

/** Why this machine cannot run the tests of a shell; undefined when it can. */
function reasonToSkip({ program }: Shell): string | undefined {
  if (process.platform !== 'linux') return 'the program script has other options here';
  const missing = [program, 'script'].find((name) => programOnPath(name) === undefined);
  return missing && `no ${missing} on the PATH`;
}

for (const [name, shell] of Object.entries({
  bash: BASH,
  'zsh, from a folder of fpath': ZSH,
  'zsh, from a file that is sourced': SOURCED_ZSH,
  fish: FISH,
})) {
  describeOrSkip(`completion in ${name}`, reasonToSkip(shell), () => {
    it('completes commands, options, the values of an argument, and files', async () => {
      const { stdout } = await runBarkeep(['completion', shell.program], folder, { PATH, HOME });
      await writeFile(join(folder, shell.file), stdout);
      expect(await typeIn(shell, Object.keys(COMPLETED))).toEqual(Object.values(COMPLETED));
    });
  });
}
