/** `barkeep completion`: prints a script with which a shell completes commands and options. */
import { Argument, type Command } from 'commander';
import { type OutputOptions, printResult } from '../terminal/index.js';
import { CliCommand } from './command.js';

const EXAMPLES = `
Examples:
  barkeep completion bash >> ~/.bashrc
  barkeep completion zsh > "\${fpath[1]}/_barkeep"
  barkeep completion fish > ~/.config/fish/completions/barkeep.fish`;

export const completionCommand = () =>
  new CliCommand('completion', 'print a script that completes commands and options in a shell', EXAMPLES)
    .addArgument(new Argument('<shell>').choices(Object.keys(SCRIPTS)))
    .option('--json', 'print { shell, script }')
    .work(async (_context, shell: keyof typeof SCRIPTS, options: OutputOptions, command: Command) => {
      const script = SCRIPTS[shell](nextWordsOf(command.parent ?? command));
      printResult(options, { shell, script }, () => script);
    });

/** By the path of a command, such as `dataset show`: the words that may follow it. The empty path is `barkeep` without a command. */
type NextWords = Map<string, string[]>;

/** Adds the next words of a command and of its subcommands to `all`. @param path the names in the command's path, outermost first */
function nextWordsOf(command: Command, path: readonly string[] = [], all: NextWords = new Map()): NextWords {
  const options = command.options.flatMap(({ long }) => long ?? []);
  all.set(path.join(' '), [...command.commands.map((child) => child.name()), ...options, '--help']);
  for (const child of command.commands) nextWordsOf(child, [...path, child.name()], all);
  return all;
}

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** The texts as one pattern of a shell's `case`, such as `"up"|"dataset show"`. */
function casePattern(texts: readonly string[]): string {
  return texts.map((text) => `"${text}"`).join('|');
}

/**
 * The script walks the typed words, and skips options. A word is added to $path when the result is the path of a command. The script
 * offers the words that may follow the path, or files when none fits.
 */
function bashScript(words: NextWords): string {
  const commands = [...words.keys()].filter((path) => path !== '');
  const wordCases = [...words].map(([path, next]) => `    "${path}") words="${next.join(' ')}" ;;`);
  return `# Completion of barkeep for bash.
_barkeep() {
  local path="" word longer
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    longer="\${path:+$path }$word"
    case "$longer" in ${casePattern(commands)}) path="$longer" ;; esac
  done
  local words=""
  case "$path" in
${wordCases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _barkeep barkeep`;
}

/**
 * zsh counts words from 1: words[1] is `barkeep`, and CURRENT is the index of the word that the user types. The script sets `typed` to the
 * path of the command before that word: to words[2] and words[3] if they are the path of a subcommand, otherwise to words[2], or to nothing
 * while CURRENT is 2. (The variable is not called `path`, because zsh ties that name to PATH.)
 */
function zshScript(words: NextWords): string {
  const subcommands = [...words.keys()].filter((path) => path.includes(' '));
  const nextCases = [...words].map(([path, next]) => `    "${path}") next=(${next.join(' ')}) ;;`);
  return `#compdef barkeep
# Completion of barkeep for zsh.
_barkeep() {
  local -a next
  local typed="\${words[2]}"
  case "\${words[2]} \${words[3]}" in ${casePattern(subcommands)}) typed="\${words[2]} \${words[3]}" ;; esac
  (( CURRENT == 2 )) && typed=""
  case "$typed" in
${nextCases.join('\n')}
  esac
  compadd -- $next || _files
}
_barkeep "$@"`;
}

function fishScript(words: NextWords): string {
  const lines = [...words].flatMap(([path, next]) => next.map((word) => fishLine(path, word)));
  return `# Completion of barkeep for fish.\n${lines.join('\n')}`;
}

/** Offers `word` after a command. Fish knows a command such as `dataset show` by its last word only, so equal last words share offers. */
function fishLine(path: string, word: string): string {
  const condition = path === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${path.split(' ').at(-1)}`;
  const offer = word.startsWith('--') ? `-l ${word.slice(2)}` : `-f -a ${word}`; // -l takes the name of an option without --
  return `complete -c barkeep -n '${condition}' ${offer}`;
}
