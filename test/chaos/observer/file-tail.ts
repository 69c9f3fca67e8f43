/** What a file got since the last look, in whole lines. */
import { open } from 'node:fs/promises';

export class FileTail {
  readonly file: string;
  #offset = 0;

  constructor(file: string) {
    this.file = file;
  }

  /** A line that is still being written is left for the next look. */
  async news(): Promise<string> {
    await using file = await open(this.file);
    const { size } = await file.stat();
    const bytes = Buffer.alloc(size - this.#offset);
    await file.read(bytes, 0, bytes.length, this.#offset);
    const end = bytes.lastIndexOf('\n') + 1;
    this.#offset += end;
    return bytes.toString('utf8', 0, end);
  }
}
