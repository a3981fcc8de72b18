/** A file or, where it has no content, a folder of an archive. */
export interface TarEntry {
  /** Relative, at most 100 bytes of ASCII. */
  readonly path: string;
  readonly mode: number;
  readonly content?: Uint8Array;
}

const blockBytes = 512;

/** An archive in the format that POSIX calls ustar (pax(1), "ustar Interchange Format"), of no owner and no time. */
export function writeTar(entries: readonly TarEntry[]): Buffer {
  const parts = entries.flatMap(({ path, mode, content }) => {
    const size = content?.length ?? 0;
    const header = Buffer.alloc(blockBytes);
    header.write(path, 0, 100, "latin1");
    header.write(octal(mode, 8), 100, "latin1");
    header.write(octal(0, 8), 108, "latin1");
    header.write(octal(0, 8), 116, "latin1");
    header.write(octal(size, 12), 124, "latin1");
    header.write(octal(0, 12), 136, "latin1");
    header.write(content === undefined ? "5" : "0", 156, "latin1");
    header.write("ustar\x0000", 257, "latin1");
    // The checksum is that of the header with blanks in its own place.
    header.fill(" ", 148, 156);
    header.write(
      octal(
        header.reduce((sum, byte) => sum + byte, 0),
        8,
      ),
      148,
      "latin1",
    );
    return [header, ...(content === undefined ? [] : [content, Buffer.alloc(-size & (blockBytes - 1))])];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, "0")}\0`;
}
