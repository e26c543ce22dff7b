/**
 * Reads the replies of Redis (RESP2) out of memory in which they lie one after another: bulk strings as views of it, without a
 * copy. A reply that is not there as a whole is read again from its beginning once there is more. Pure.
 * The format: https://redis.io/docs/latest/develop/reference/protocol-spec/
 */

/** What a reply is made of; an error is one of its values, and nobody throws it here. */
export type Reply = Buffer | string | number | null | Error | Reply[];

const [CR, PLUS, MINUS, COLON, DOLLAR, STAR] = Buffer.from('\r+-:$*');

/** Raised for bytes that no server of Redis sends. */
export class ReplyFormatError extends Error {
  override readonly name = 'ReplyFormatError';
  constructor(type: number) {
    super(`reply: expected one of + - : $ *, was ${JSON.stringify(String.fromCharCode(type))}`);
  }
}

export class ReplyParser {
  /** The last reply that was read. */
  reply: Reply = null;
  /** How many values the list has that was begun last. */
  length = 0;
  private memory: Buffer = Buffer.alloc(0);
  private end = 0;

  /**
   * Reads the reply that begins at `at` of what is in `[0, end)` of `memory`; it is in {@link reply} then.
   * @returns where the next one begins, or -1 when more of it is missing @throws ReplyFormatError
   */
  read(memory: Buffer, at: number, end: number): number {
    this.memory = memory;
    this.end = end;
    return this.value(at);
  }

  /**
   * Begins a reply that is a list with something in it: its {@link length} values are replies that follow one another.
   * @returns where the first one begins; `at` when the reply is none; -1 when more of it is missing
   */
  begin(memory: Buffer, at: number, end: number): number {
    if (at >= end) return -1;
    if (memory[at] !== STAR) return at;
    this.memory = memory;
    this.end = end;
    const line = this.lineEnd(at + 1);
    if (line < 0) return -1;
    this.length = this.number(at + 1, line);
    return this.length > 0 ? line + 2 : at;
  }

  private value(at: number): number {
    const line = this.lineEnd(at + 1);
    if (line < 0) return -1;
    const next = line + 2;
    const { memory } = this;
    const type = memory[at]!;
    if (type === PLUS || type === MINUS) {
      const text = memory.toString('utf8', at + 1, line);
      this.reply = type === PLUS ? text : new Error(text);
      return next;
    }
    const length = this.number(at + 1, line);
    if (type === DOLLAR) return this.bulk(next, length);
    if (type === STAR) return this.list(next, length);
    if (type !== COLON) throw new ReplyFormatError(type);
    this.reply = length;
    return next;
  }

  private bulk(at: number, length: number): number {
    if (length < 0) {
      this.reply = null;
      return at;
    }
    if (at + length + 2 > this.end) return -1;
    this.reply = this.memory.subarray(at, at + length);
    return at + length + 2;
  }

  private list(at: number, length: number): number {
    if (length < 0) {
      this.reply = null;
      return at;
    }
    const values: Reply[] = [];
    for (let i = 0; i < length; i++) {
      at = this.value(at);
      if (at < 0) return -1;
      values.push(this.reply);
    }
    this.reply = values;
    return at;
  }

  /** Where the carriage return of a line is that goes on at `at`, when its line feed is there too; else -1. */
  private lineEnd(at: number): number {
    const { memory, end } = this;
    while (at < end && memory[at] !== CR) at++;
    return at + 1 < end ? at : -1;
  }

  private number(at: number, end: number): number {
    const { memory } = this;
    const isNegative = memory[at] === MINUS;
    let value = 0;
    for (let i = isNegative ? at + 1 : at; i < end; i++) value = 10 * value + (memory[i]! - 48);
    return isNegative ? -value : value;
  }
}
