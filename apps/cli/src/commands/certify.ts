/** `barkeep certify`: prints the certificate of a session and saves it in a file for later comparisons. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { readCertificate, type Certificate } from '@barkeep/client';
import { CliError, note, printResult, table, writeWhole } from '../terminal/index.js';
import { shortTime } from '../report/index.js';
import { sessionCommand, type SessionOptions } from './command.js';

const EXAMPLES = `
Examples:
  barkeep certify my-session
  barkeep certify my-session --out before-the-repair.json
  barkeep compare my-session my-session.certificate.json

Two runs over the same data have the same digests on any machine. The certificate of a running session has only
its complete days.`;

export const certifyCommand = () =>
  sessionCommand('certify', 'print and save the certificate of a session: one digest for each day', EXAMPLES)
    .option('--out <file>', 'the file to write (default: SESSION.certificate.json)')
    .option('--force', 'overwrite a file that has other content')
    .work(async (context, id: string, options: SessionOptions & { out?: string; force?: boolean }) => {
      const certificate = await (await context.existingCoordinator(options)).certificate(id);
      const file = options.out ?? `${id}.certificate.json`;
      await save(file, certificate, options.force ?? false, context.life.signal);
      printResult(options, certificate.raw, () => certificateText(certificate));
      note(`saved in ${file}`);
    });

/** Writes the file; replaces an existing one only if its digest is the same, or with `force`. @throws CliError, errors of the system */
async function save(file: string, certificate: Certificate, force: boolean, signal: AbortSignal): Promise<void> {
  if (!force && existsSync(file) && (await digestIn(file)) !== certificate.digest)
    throw new CliError(`expected no file ${file} with other content, was one: choose another --out, or add --force`);
  await writeWhole(file, [`${JSON.stringify(certificate.raw, null, 2)}\n`], signal);
}

/** The digest of the certificate in a file; undefined when the file has no valid certificate. */
async function digestIn(file: string): Promise<string | undefined> {
  try {
    return readCertificate(JSON.parse(await readFile(file, 'utf8'))).digest;
  } catch {
    return undefined;
  }
}

function certificateText({ days, digest, complete, changedSince, consumers }: Certificate): string {
  const changed = new Set(changedSince);
  const rows = days.map((day) => {
    const { expected, filled, backfilled, noTrade } = day.counts;
    const changedText = changed.has(day.date) ? ' (changed since the certificate was kept)' : '';
    return [day.date, expected, filled, backfilled, noTrade, `${day.digest.slice(0, 16)}…${changedText}`];
  });
  const total = `${days.length} ${days.length === 1 ? 'day' : 'days'}${complete ? '' : ' so far'}`;
  const chain = `${table(['date', 'expected', 'filled', 'backfilled', 'no trade', 'digest'], rows)}\n${digest}  ${total}`;
  if (consumers.length === 0) return chain;
  const deliveries = consumers.map(({ name, steps, bars, time, deliveredHash }) => {
    return [name, steps, bars, shortTime(time), `${deliveredHash.slice(0, 16)}…`];
  });
  return `${chain}\n${table(['consumer', 'steps', 'bars', 'up to', 'delivered'], deliveries)}`;
}
