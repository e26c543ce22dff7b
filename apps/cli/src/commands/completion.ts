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
      const script = SCRIPTS[shell](commandsIn(command.parent ?? command));
      printResult(options, { shell, script }, () => script);
    });

/** What may follow a command. */
interface NextWords {
  /** The names of its subcommands, or the values that its argument accepts. */
  words: string[];
  options: string[];
}

/** By the path of a command, such as `dataset show`. The empty path is `barkeep` without a command. */
type Commands = Map<string, NextWords>;

/** Adds a command and its subcommands to `all`. @param path the names in the command's path, outermost first */
function commandsIn(command: Command, path: readonly string[] = [], all: Commands = new Map()): Commands {
  const names = command.commands.map((child) => child.name());
  const values = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const options = command.options.flatMap(({ long }) => long ?? []);
  all.set(path.join(' '), { words: [...names, ...values], options: [...options, '--help'] });
  for (const child of command.commands) commandsIn(child, [...path, child.name()], all);
  return all;
}

/*
 * Each script has three steps:
 *
 * 1. It finds the command: it appends each word before the current one (the word that the user types) to `typed` if the result is the path
 *    of a command. Other words are options or arguments.
 * 2. It sets `next` to the words that may follow: the options of the command if the current word begins with a dash, otherwise its
 *    subcommands or values. Both are cases of `typed`; that of the options ends with ` -`.
 * 3. It offers the words of `next` that fit the current word, or files when none fits.
 */
const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** The paths of all commands, each in quotes. */
function quotedPaths(commands: Commands): string[] {
  return [...commands.keys()].filter((path) => path !== '').map((path) => `"${path}"`);
}

/** The cases of `typed`. @param line the line of a case that sets `next` */
function caseLines(commands: Commands, line: (typed: string, next: string) => string): string {
  const lines = [...commands].flatMap(([path, { words, options }]) => [
    ...(words.length > 0 ? [line(path, words.join(' '))] : []),
    line(`${path} -`, options.join(' ')),
  ]);
  return lines.join('\n');
}

/** Steps 1 and 2 in bash and zsh. @param before the slice of the shell's array with the words before the current one */
function setNext(commands: Commands, before: string, current: string): string {
  return `  local typed="" next="" word longer
  for word in "\${${before}}"; do
    longer="\${typed:+$typed }$word"
    case "$longer" in ${quotedPaths(commands).join('|')}) typed="$longer" ;; esac
  done
  [[ "${current}" == -* ]] && typed="$typed -"
  case "$typed" in
${caseLines(commands, (typed, next) => `    "${typed}") next="${next}" ;;`)}
  esac`;
}

/** With `-o default`, bash completes a file when COMPREPLY is empty. */
function bashScript(commands: Commands): string {
  return `# Completion of barkeep for bash.
_barkeep() {
  local current="\${COMP_WORDS[COMP_CWORD]}"
${setNext(commands, 'COMP_WORDS[@]:1:COMP_CWORD-1', '$current')}
  COMPREPLY=($(compgen -W "$next" -- "$current"))
}
complete -o default -F _barkeep barkeep`;
}

/** zsh runs the script as the function _barkeep when it loads it from a folder of fpath. A user may also source it, after compinit. */
function zshScript(commands: Commands): string {
  return `#compdef barkeep
# Completion of barkeep for zsh.
_barkeep() {
${setNext(commands, 'words[@]:1:$((CURRENT-2))', '$PREFIX')}
  compadd -- \${=next} || _files
}
if [[ "\${funcstack[1]}" == _barkeep ]]; then _barkeep "$@"; else compdef _barkeep barkeep; fi`;
}

function fishScript(commands: Commands): string {
  return `# Completion of barkeep for fish.
function __barkeep_offers
  set -l typed ""
  set -l next
  set -l current (commandline -ct)
  for word in (commandline -opc)[2..-1]
    set -l longer (string trim -- "$typed $word")
    contains -- "$longer" ${quotedPaths(commands).join(' ')}; and set typed "$longer"
  end
  string match -q -- "-*" "$current"; and set typed "$typed -"
  switch "$typed"
${caseLines(commands, (typed, next) => `    case "${typed}"; set next ${next}`)}
  end
  if string match -q -r -- "^"(string escape --style=regex -- "$current") $next
    printf "%s\\n" $next
  else
    __fish_complete_path "$current"
  end
end
complete -c barkeep -f -a "(__barkeep_offers)"`;
}
