/**
 * Sends a few commands as one transaction and writes their bytes from where they lie. ioredis' own makes a buffer of each command
 * and another of all of them: of a window of days that is every byte twice, as much as the socket itself takes (docs/performance.md).
 *
 * Whole or not at all, as with ioredis': the commands go out one directly after the other, a transaction whose answer is lost is sent
 * again as a whole, and one of which a part was answered fails.
 */
import { Command, type Redis } from 'ioredis';
import { Writable } from 'node:stream';
import { asRedisArgument, type ScriptArgument } from './script.js';

/** Name and arguments. */
export type TransactionCommand = readonly [name: string, ...args: ScriptArgument[]];

/**
 * Runs `commands` and answers their replies. Whatever memory their arguments are in is read until then, and for longer when it
 * throws: it must not be written over. @throws the first error among the replies, and what ioredis throws
 */
export async function runTransaction(redis: Redis, commands: readonly TransactionCommand[]): Promise<unknown[]> {
  const all: TransactionCommand[] = [['multi'], ...commands, ['exec']];
  // Whatever is given here, ioredis sends a command only on a connection that is ready, and again on the next one.
  const stream = { isPipeline: true as const, destination: { redis }, write: () => true };
  const sent = all.map(([name, ...args], index) => {
    const command = new UncopiedCommand(name, args.map(asRedisArgument), { replyEncoding: 'utf8' });
    // By these it knows what belongs together when a connection is lost half way.
    command.pipelineIndex = index;
    command.inTransaction = name !== 'exec';
    return redis.sendCommand(command, stream);
  });
  const answers = await Promise.allSettled(sent);
  const failed = answers.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  const exec = answers.at(-1)!;
  const answer: unknown = exec.status === 'fulfilled' ? exec.value : undefined;
  if (!Array.isArray(answer)) throw new TransactionReplyError(answer);
  const replies: unknown[] = answer;
  for (const reply of replies) if (reply instanceof Error) throw reply;
  return replies;
}

/** Raised when Redis answers something else to a transaction than a list. */
export class TransactionReplyError extends Error {
  override readonly name = 'TransactionReplyError';
  constructor(reply: unknown) {
    super(`transaction: expected a list of replies, was ${JSON.stringify(reply)}`);
  }
}

/** A command that writes itself to the socket it is asked for, and leaves nothing to write. */
class UncopiedCommand extends Command {
  override toWritable(socket: object): string {
    if (!(socket instanceof Writable)) throw new TypeError('expected the socket of a connection');
    // All commands of this moment go to the system in one call.
    socket.cork();
    process.nextTick(() => socket.uncork());
    let text = `*${this.args.length + 1}\r\n$${this.name.length}\r\n${this.name}\r\n`;
    for (const arg of this.args) {
      if (arg instanceof Buffer) {
        socket.write(`${text}$${arg.length}\r\n`);
        socket.write(arg);
        text = '\r\n';
      } else {
        const value = String(arg);
        text += `$${Buffer.byteLength(value)}\r\n${value}\r\n`;
      }
    }
    socket.write(text);
    return '';
  }
}
