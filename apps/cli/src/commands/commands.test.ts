import type { Command } from 'commander';
import { buildProgram } from './index.js';

/** The commands without subcommands: `dataset rm`, but not its parent `dataset`. */
const leaves = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
const commands = leaves(buildProgram());

describe('the command line', () => {
  it.each(commands.map((command) => [command.name(), command] as const))(
    '%s has help with an example, and --json',
    (_, command) => {
      let help = '';
      command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
      expect(help).toMatch(/Examples?:\n {2}barkeep /);
      expect(command.options.map((option) => option.long)).toContain('--json');
    },
  );

  it('has the main commands of the documentation', () => {
    const names = commands.map((command) => command.name());
    const documented = 'up import run bars status digest events feed certify compare rm demo'.split(' ');
    expect(names).toEqual(expect.arrayContaining(documented));
  });
});
