/**
 * Sends a few commands as one transaction without the two copies of their bytes that ioredis makes (docs/performance.md). As with ioredis
 * all commands run or none, and a transaction whose answer is lost is sent again as a whole.
 */
import { Command, type Redis } from 'ioredis';
import { Writable } from 'node:stream';
import { asRedisArgument, type ScriptArgument } from './commands.js';

export type TransactionCommand = readonly [name: string, ...args: ScriptArgument[]];

/**
 * Runs `commands`. The memory of their arguments must not change before the promise settles; when it rejects, never again, because ioredis
 * may still send it. @returns the replies @throws the first error among the replies, and errors of ioredis
 */
export async function runTransaction(redis: Redis, commands: readonly TransactionCommand[]): Promise<unknown[]> {
  const allCommands: TransactionCommand[] = [['multi'], ...commands, ['exec']];
  // ioredis treats this like its own pipelines: it sends only on a ready connection, and again after a reconnect.
  const pipelineLike = { isPipeline: true as const, destination: { redis }, write: () => true };
  const sent = allCommands.map(([name, ...args], index) => {
    const command = new UncopiedCommand(name, args.map(asRedisArgument), { replyEncoding: 'utf8' });
    // ioredis needs these to know which commands belong together when a connection is lost halfway.
    command.pipelineIndex = index;
    command.inTransaction = name !== 'exec';
    return redis.sendCommand(command, pipelineLike);
  });
  const answers = await Promise.allSettled(sent);
  // All commands have ended now, so an error leaves none of them pending.
  const failed = answers.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  const exec = answers.at(-1)!; // its answer has the replies to `commands`
  const answer: unknown = exec.status === 'fulfilled' ? exec.value : undefined;
  if (!Array.isArray(answer)) throw new Error(`transaction: expected a list of replies, was ${JSON.stringify(answer)}`);
  const replies: unknown[] = answer;
  for (const reply of replies) if (reply instanceof Error) throw reply;
  return replies;
}

/** A command that writes its arguments to the socket itself, and returns '' so that ioredis writes nothing. */
class UncopiedCommand extends Command {
  override toWritable(socket: object): string {
    if (!(socket instanceof Writable)) throw new TypeError('expected the socket of a connection');
    // Sends all commands of this tick with one system call.
    socket.cork();
    process.nextTick(() => socket.uncork());
    // The Redis protocol: the number of arguments, then the length and the bytes of each. `text` is what is not written yet.
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
