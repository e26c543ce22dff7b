/**
 * The log of a process: one pino logger. Guarantees that no key or cookie of an HTTP header gets into it. Lines are JSON; on a
 * terminal they are text with colours (NO_COLOR turns the colours off).
 */
import type { Config } from '@barkeep/service';
import pino, { type DestinationStream, type Logger } from 'pino';
import { LogOutput } from './log-output.js';

const SECRET_HEADERS = ['authorization', 'cookie', 'x-api-key'];
/** Paths in a log entry whose values pino replaces by `[Redacted]`. */
const SECRETS = [
  ...SECRET_HEADERS.flatMap((name) => [`req.headers["${name}"]`, `headers["${name}"]`]),
  'res.headers["set-cookie"]',
];

/** Creates the logger of this process, which writes to stdout. @param name name of the service, which each line contains */
export async function createLogger(name: string, log: Config['log']): Promise<Logger> {
  return loggerTo(process.stdout.isTTY ? await readable(process.stdout) : new LogOutput(1), name, log);
}

/** A logger that writes JSON lines to a destination. */
export function loggerTo(destination: DestinationStream, name: string, { level }: Config['log']): Logger {
  return pino({ level, redact: SECRETS, base: { name, pid: process.pid } }, destination);
}

/** Lines for people: `[09:15:02.120] INFO (coordinator): listening on http://127.0.0.1:3000`. */
export async function readable(destination: NodeJS.WritableStream): Promise<DestinationStream> {
  // Imported here, so that only a process with a terminal loads it.
  const { default: pretty } = await import('pino-pretty');
  const colorize = process.env['NO_COLOR'] === undefined;
  return pretty({ colorize, ignore: 'pid', translateTime: 'SYS:HH:MM:ss.l', singleLine: true, destination });
}
