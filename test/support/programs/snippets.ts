/**
 * Finds the code blocks of a document, and compares the console blocks with what their commands really print.
 *
 * - A fence may name a file: "```json march.json" is written to the folder in which the document's commands run.
 * - A block under `<!-- not run: why -->` is only checked for its form.
 * - In the output of a command a line `…` stands for any lines, and `…` within a line for any text.
 */

/** A fenced block. */
export interface Snippet {
  /** Where it is, for messages: `docs/api.md:41`. */
  place: string;
  language: string;
  /** Name of the file that the fence gives, or undefined. */
  file: string | undefined;
  text: string;
  /** Why its commands are not run; undefined for a block that is run. */
  notRun: string | undefined;
  /** Offset of the text within the document. */
  offset: number;
}

/** One command of a console block with the output that the document shows. */
interface ShownCommand {
  command: string;
  output: string;
}

/** A fenced block. Groups: why it is not run, indent, language, file name, text. The first and the file name may be missing. */
const FENCE = /(?:<!-- not run: ([^\n]*?) -->\n+)?^( *)```([a-z]+)(?: ([^\n]+))?\n([\s\S]*?)^\2```$/gm;

/** The blocks of a document in their order. @param path of the document, for the places of the blocks */
export function snippetsOf(path: string, document: string): Snippet[] {
  return [...document.matchAll(FENCE)].map((match) => {
    const [whole, notRun, indent, language, file, text] = match;
    // The text ends where the closing fence begins.
    const closing = `${indent}\`\`\``;
    const offset = match.index + whole.length - closing.length - text!.length;
    const line = document.slice(0, offset).split('\n').length;
    return { place: `${path}:${line}`, language: language!, file, text: text!, notRun, offset };
  });
}

/** Splits a console block at its prompts; a line that ends in a backslash continues on the next one. */
export function commandsOf({ text }: Snippet): ShownCommand[] {
  const commands: ShownCommand[] = [];
  let isContinuation = false;
  for (const line of text.split('\n').slice(0, -1)) {
    const last = commands.at(-1);
    const isPrompt = line.startsWith('$ ');
    if (isContinuation && last) last.command += `\n${line}`;
    else if (isPrompt) commands.push({ command: line.slice('$ '.length), output: '' });
    else if (last) last.output += `${line}\n`;
    isContinuation = (isContinuation || isPrompt) && line.endsWith('\\');
  }
  return commands;
}

/** What differs from run to run and machine to machine: times, rates, ports, ids of processes and requests. */
const VARYING: [pattern: RegExp, replacement: string][] = [
  [/[\d,]+(?:\.\d+)? (?:rows|bars)\/s/g, '0 /s'],
  [/\b\d+(?:\.\d+)? (?:s|ms)\b/g, '0 s'],
  [/(127\.0\.0\.1|localhost):\d+/g, '$1:0'],
  [/\bprocess \d+/g, 'process 0'],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UUID'],
  [/"(at|createdAt|startedAt|endedAt|storedAt|updatedAt|seenAt|checkedAt)":"[^"]*"/g, '"$1":"TIME"'],
  [/[ \t]+$/gm, ''],
];

/** The text with everything that varies replaced, for a comparison. */
function steady(text: string): string {
  return VARYING.reduce((steadied, [pattern, replacement]) => steadied.replace(pattern, replacement), text).trimEnd();
}

/** Whether a command printed what the document shows, apart from what varies and what `…` leaves out. */
export function isShown(shown: string, printed: string): boolean {
  const escapeRegExp = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const lines = steady(shown).split('\n');
  // A line `…` stands for any lines, and `…` in a line for any text.
  const pattern = lines.map((line) =>
    line.trim() === '…' ? '(?:.*\n)*?' : `${escapeRegExp(line).replaceAll('…', '.*')}\n`,
  );
  return new RegExp(`^${pattern.join('')}$`).test(`${steady(printed)}\n`);
}

/**
 * The text of a console block in which the real output replaces each shown output that does not match.
 * @param outputs what the commands printed, in order
 */
export function withOutput(snippet: Snippet, outputs: readonly string[]): string {
  const parts = commandsOf(snippet).map(({ command, output }, i) => {
    const printed = outputs[i] ?? '';
    const realOutput = printed.trimEnd() === '' ? '' : `${printed.trimEnd()}\n`;
    const newOutput = isShown(output, printed) ? output : realOutput;
    // Keeps an empty line before the next prompt.
    const gap = output.endsWith('\n\n') && !newOutput.endsWith('\n\n') ? '\n' : '';
    return `$ ${command}\n${newOutput}${gap}`;
  });
  return parts.join('');
}
