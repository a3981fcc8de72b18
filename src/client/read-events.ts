/** One server-sent event as it came (HTML, section 9.2.6); without `data` it is no event, and says by its id where to go on. */
export interface ReceivedEvent {
  readonly event: string;
  readonly id?: string;
  readonly data?: string;
}

/** The events of a stream; one that is cut off is left out. */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ReceivedEvent> {
  const text = new TextDecoder();
  let rest = "";
  for await (const bytes of body) {
    // A CR at the end may be half a line end, so it waits for what comes next.
    const all = rest + text.decode(bytes, { stream: true });
    const blocks = all.replaceAll(/\r\n|\r(?=[^\n])/g, "\n").split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = readBlock(block);
      if (event !== undefined) yield event;
    }
  }
}

function readBlock(block: string): ReceivedEvent | undefined {
  const fields = block
    .split("\n")
    .map((line) => /^([^:]+)(?:: ?(.*))?$/.exec(line))
    .flatMap((match) => (match === null ? [] : [{ name: match[1], value: match[2] ?? "" }]));
  const data = fields.filter(({ name }) => name === "data").map(({ value }) => value);
  const last = (wanted: string): string | undefined => fields.findLast(({ name }) => name === wanted)?.value;
  const id = last("id");
  if (data.length === 0 && id === undefined) return undefined;
  return {
    event: last("event") ?? "message",
    ...(data.length > 0 && { data: data.join("\n") }),
    ...(id !== undefined && { id }),
  };
}
