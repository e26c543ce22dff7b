/**
 * Checks over a separate socket whether a Redis server accepts commands. When a server refuses a connection (protected mode,
 * wrong password, TLS on a plain port), a Redis client reports only that it was closed; the probe reports the server's reason.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { ServerRefusedError } from './await-server.js';

const ANSWER_WITHIN_MS = 5_000;
/** At most this many characters of another protocol's answer are shown. */
const SHOWN_MAX = 40;
/** Error replies of a server that will accept commands later. */
const TRANSIENT = /^-(LOADING|MASTERDOWN|BUSY|CLUSTERDOWN|ERR max number of clients)/;

/**
 * Resolves when the server accepts commands. @param url `redis://` or `rediss://`
 * @throws ServerRefusedError when the server refuses this client, the socket's error when it cannot be reached or its TLS is wrong
 */
export async function probeRedis(url: string): Promise<void> {
  const { protocol, hostname, port, username, password } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, ''); // an IPv6 address is in brackets
  const target = { host, port: Number(port) || 6379 };
  const isTls = protocol === 'rediss:';
  const serverName = isIP(host) ? {} : { servername: host }; // TLS allows no address as a server name
  const socket = isTls ? connectTls({ ...target, ...serverName }) : connectTcp(target);
  try {
    const [user, secret] = [username, password].map(decodeURIComponent);
    const login = secret ? [command('AUTH', ...(user ? [user] : []), secret)] : [];
    const commands = [...login, command('PING')];
    const lines = await sendAndRead(socket, commands.join(''), commands.length, isTls);
    const refusal = lines.find((line) => !line.startsWith('+')); // a reply that begins with `+` is a success
    if (refusal !== undefined) throw errorOf(refusal);
  } finally {
    socket.destroy();
  }
}

function errorOf(line: string): Error {
  if (TRANSIENT.test(line)) return new Error(line.slice(1));
  if (line.startsWith('-')) return new ServerRefusedError(line.slice(1));
  const shown = JSON.stringify(line.slice(0, SHOWN_MAX));
  return new ServerRefusedError(`${shown}, which is not the answer of a Redis server`);
}

/** A command in the protocol of Redis: the number of words, then the length and the text of each word. */
function command(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

/**
 * Sends `text`, which asks for `count` lines.
 * @returns the lines of the answer; fewer after an error, after bytes that Redis does not send, or when the server closes the connection
 */
async function sendAndRead(socket: Socket, text: string, count: number, isTls: boolean): Promise<string[]> {
  // A server without TLS often waits for more bytes instead of answering.
  const hint = isTls ? '; it may be a server without TLS' : '';
  const silence = new Error(`no answer within ${ANSWER_WITHIN_MS / 1000} s${hint}`);
  socket.setTimeout(ANSWER_WITHIN_MS, () => socket.destroy(silence));
  socket.write(text);
  let received = '';
  let lines: string[] = [];
  for await (const bytes of socket as AsyncIterable<Buffer>) {
    received += bytes.toString('latin1');
    lines = received.split('\r\n');
    // Redis answers AUTH and PING with a line that begins with `+`, or with `-` for an error.
    if (!/^[+-]/.test(received)) return [lines[0]!];
    lines.pop(); // it has not ended yet
    if (lines.length >= count || lines.some((line) => line.startsWith('-'))) return lines;
  }
  if (lines.length > 0) return lines;
  // A TLS socket that ends before the handshake does has an error, which the loop does not throw.
  throw socket.errored ?? new Error('the server closed the connection without an answer');
}
