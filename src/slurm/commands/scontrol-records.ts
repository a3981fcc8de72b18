/**
 * How `scontrol show job|node|partition` lays out one kind of record, in the form of several lines. `lines` are the lines
 * in the order in which Slurm prints them, each with its keys in order; any line or key may be missing. `texts` are the
 * keys whose value a person wrote and which may therefore go on over several lines; each is the last of its line.
 */
export interface RecordLayout {
  readonly lines: readonly (readonly string[])[];
  readonly texts: ReadonlySet<string>;
}

export type ScontrolRecord = ReadonlyMap<string, string>;

/**
 * Reads all records of one kind. The first key of `lines` begins a record at the left margin; other lines are indented by
 * three blanks.
 *
 * Slurm escapes nothing, so a line counts only where its first key can stand: after the lines before it in `lines`, and
 * not where that would skip a line that still follows. A comment `a JobState=FAILED`, on one line or several, harms
 * nothing. What remains: a value that imitates, line breaks and indent included, exactly the line that is due next, or the
 * start of another record after a blank line. Names and comments are therefore better taken from squeue.
 */
export function readScontrolRecords(text: string, layout: RecordLayout): readonly ScontrolRecord[] {
  const first = layout.lines[0]?.[0];
  if (first === undefined) return [];
  const starts = [...text.matchAll(new RegExp(`(?:^|\\n\\n)(?=${first}=)`, "g"))].map(
    (match) => match.index + match[0].length,
  );
  return starts.map((start, index) => readRecord(text.slice(start, starts[index + 1]), layout));
}

function readRecord(text: string, { lines, texts }: RecordLayout): ScontrolRecord {
  const ranks = new Map<string, number>();
  lines.forEach((keys, rank) => {
    for (const key of keys) ranks.set(key, rank);
  });
  const rows = text.replace(/\s*\n\s*$/, "").split("\n");
  const rowRanks = rows.map((row) => {
    const key = /^(?: {3})?([A-Za-z][\w:/]*)=/.exec(row)?.[1];
    return key === undefined ? undefined : ranks.get(key);
  });
  const lastRow = new Map<number, number>();
  rowRanks.forEach((rank, row) => {
    if (rank !== undefined) lastRow.set(rank, row);
  });

  const record = new Map<string, string>();
  let due = 0;
  let open: string | undefined;
  rows.forEach((row, index) => {
    const rank = rowRanks[index];
    if (rank !== undefined && rank >= due && !skipsLaterLine(due, rank, index, lastRow)) {
      open = readLine(row.replace(/^ {3}/, ""), lines[rank] ?? [], record);
      // Slurm ends some lines with a blank.
      if (open !== undefined && !texts.has(open)) record.set(open, record.get(open)?.trimEnd() ?? "");
      due = rank + 1;
    } else if (open !== undefined && texts.has(open)) {
      record.set(open, `${record.get(open) ?? ""}\n${row}`);
    }
  });
  return record;
}

function skipsLaterLine(due: number, rank: number, row: number, lastRow: ReadonlyMap<number, number>): boolean {
  for (let skipped = due; skipped < rank; skipped += 1) {
    if ((lastRow.get(skipped) ?? -1) > row) return true;
  }
  return false;
}

/** Takes the keys of one line in their order, and returns the last one found. */
function readLine(line: string, keys: readonly string[], record: Map<string, string>): string | undefined {
  let open: string | undefined;
  let valueStart = 0;
  for (const key of keys) {
    const sign = open === undefined ? `${key}=` : ` ${key}=`;
    const at = open === undefined ? (line.startsWith(sign) ? 0 : -1) : line.indexOf(sign, valueStart);
    if (at === -1) continue;
    if (open !== undefined) record.set(open, line.slice(valueStart, at));
    open = key;
    valueStart = at + sign.length;
  }
  if (open !== undefined) record.set(open, line.slice(valueStart));
  return open;
}
