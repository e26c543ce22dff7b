/**
 * Parses Redis replies (RESP2) in memory. Bulk strings are views of it. An incomplete reply is parsed again from its start. Pure.
 * The format: https://redis.io/docs/latest/develop/reference/protocol-spec/
 */

/** A reply. An error reply is returned as a value, not thrown. */
export type Reply = Buffer | string | number | null | Error | Reply[];

/** The end of a line (CR, then LF), and the first byte of each kind of reply. */
const [CR, PLUS, MINUS, COLON, DOLLAR, STAR] = Buffer.from('\r+-:$*');
const LINE_END_BYTES = 2;
const ASCII_ZERO = 48;

/** The bytes are not RESP2. */
export class ReplyFormatError extends Error {
  override readonly name = 'ReplyFormatError';
  constructor(type: number) {
    super(`reply: expected one of + - : $ *, was ${JSON.stringify(String.fromCharCode(type))}`);
  }
}

export class ReplyParser {
  /** The last parsed reply. */
  reply: Reply = null;
  /** Number of values in the list that {@link begin} read last. */
  length = 0;
  private memory: Buffer = Buffer.alloc(0);
  private end = 0;

  /** Parses the reply at `at` into {@link reply}; bytes end at `end`. @returns the end of the reply, -1 when it is incomplete */
  read(memory: Buffer, at: number, end: number): number {
    this.memory = memory;
    this.end = end;
    return this.value(at);
  }

  /**
   * Begins a non-empty list: its {@link length} values are replies that follow one another.
   * @returns where the first value begins; `at` for any other reply, which must be read whole; -1 when the header is incomplete
   */
  begin(memory: Buffer, at: number, end: number): number {
    if (at >= end) return -1;
    if (memory[at] !== STAR) return at;
    this.memory = memory;
    this.end = end;
    const line = this.lineEnd(at + 1);
    if (line < 0) return -1;
    this.length = this.number(at + 1, line);
    return this.length > 0 ? line + LINE_END_BYTES : at;
  }

  /** Parses any reply. Like {@link bulk} and {@link list}, returns where the next reply begins, or -1. */
  private value(at: number): number {
    const line = this.lineEnd(at + 1);
    if (line < 0) return -1;
    const next = line + LINE_END_BYTES;
    const { memory } = this;
    const type = memory[at]!;
    if (type === PLUS || type === MINUS) {
      const text = memory.toString('utf8', at + 1, line);
      this.reply = type === PLUS ? text : new Error(text);
      return next;
    }
    const length = this.number(at + 1, line); // or the value of a whole number
    if (type !== COLON && type !== DOLLAR && type !== STAR) throw new ReplyFormatError(type);
    if (type !== COLON && length >= 0) return type === DOLLAR ? this.bulk(next, length) : this.list(next, length);
    this.reply = type === COLON ? length : null; // a negative length means null
    return next;
  }

  /** Parses the bytes of a bulk string. */
  private bulk(at: number, length: number): number {
    const next = at + length + LINE_END_BYTES;
    if (next > this.end) return -1;
    this.reply = this.memory.subarray(at, at + length);
    return next;
  }

  /** Parses the values of a list. */
  private list(at: number, length: number): number {
    const values: Reply[] = [];
    for (let i = 0; i < length; i++) {
      at = this.value(at);
      if (at < 0) return -1;
      values.push(this.reply);
    }
    this.reply = values;
    return at;
  }

  /** Position of the next CR at or after `at` when its LF has arrived too; otherwise -1. */
  private lineEnd(at: number): number {
    const { memory, end } = this;
    while (at < end && memory[at] !== CR) at++;
    return at + 1 < end ? at : -1;
  }

  /** The integer in `[at, end)`. */
  private number(at: number, end: number): number {
    const { memory } = this;
    const isNegative = memory[at] === MINUS;
    let value = 0;
    for (let i = isNegative ? at + 1 : at; i < end; i++) value = 10 * value + (memory[i]! - ASCII_ZERO);
    return isNegative ? -value : value;
  }
}
