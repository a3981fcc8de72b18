import { SluiceError } from "../../errors.ts";
import { quoteValue } from "../values/format-invalid.ts";
import { unreadable } from "./reply.ts";

/**
 * Job names, comments and paths may hold any character, unit and record separators (0x1F, 0x1E) and line ends included,
 * and Slurm escapes none of them. So separators end in a `boundary` that the caller draws at random for every run: nobody
 * can have put it into a job's name.
 */
export interface Separators {
  readonly field: string;
  readonly record: string;
}

/** Throws `INPUT_INVALID` for a boundary that could not pass through Slurm's option (a comma ends a column there). */
export function separators(boundary: string): Separators {
  if (!/^[A-Za-z0-9-]{8,64}$/.test(boundary)) {
    throw new SluiceError(
      "INPUT_INVALID",
      `boundary ${quoteValue(boundary)}: takes 8 to 64 letters, digits and hyphens, drawn at random for each run`,
      { details: { field: "boundary" } },
    );
  }
  return { field: `\x1f${boundary}`, record: `\x1e${boundary}` };
}

/**
 * The value of `--Format` (squeue(1), sinfo(1)) for these columns. Width 0 is "as long as the value"; what follows the
 * width is printed after the value. So it is in the sources of 22.05 to 25.11.
 */
export function longFormat(columns: readonly string[], { field, record }: Separators): string {
  return columns.map((column, index) => `${column}:0${index === columns.length - 1 ? record : field}`).join(",");
}

/** One row: the value of a column. */
export type Row<Column extends string> = (column: Column) => string;

/** What the rows of one reply were read as. Of the next one most are the same, and need not be read again. */
export class RowMemory<T> {
  #known: ReadonlyMap<string, T> = new Map();

  /** What each record was read as, now or the last time; the same record gives the same object. Throws what `read` throws. */
  readAll(records: readonly string[], read: (record: string) => T, { field }: Separators): readonly T[] {
    const seen = new Map<string, T>();
    const rows = records.map((record) => {
      // The boundary is another one each time; no value of Slurm's holds a NUL.
      const key = record.replaceAll(field, "\0");
      const row = this.#known.get(key) ?? read(record);
      seen.set(key, row);
      return row;
    });
    this.#known = seen;
    return rows;
  }
}

/** Reads what a `--Format` of `longFormat` printed. Throws `REPLY_UNREADABLE`, and what `read` throws. */
export function readRows<Column extends string, T>(
  {
    program,
    columns,
    read,
  }: { readonly program: string; readonly columns: readonly Column[]; readonly read: (row: Row<Column>) => T },
  text: string,
  between: Separators,
  memory = new RowMemory<T>(),
): readonly T[] {
  if (text === "") return [];
  const records = text.split(`${between.record}\n`);
  const rest = records.pop();
  if (rest !== "") throw unreadable(program, "the last row does not end", rest ?? "");
  const places = placesOf(columns);
  return memory.readAll(records, (record) => read(pair(program, record.split(between.field), places)), between);
}

/** Pairs values with columns; throws `REPLY_UNREADABLE` where their numbers differ. */
export function toRow<Column extends string>(
  program: string,
  values: readonly string[],
  columns: readonly Column[],
): Row<Column> {
  return pair(program, values, placesOf(columns));
}

type Places<Column extends string> = ReadonlyMap<Column, number>;

function placesOf<Column extends string>(columns: readonly Column[]): Places<Column> {
  return new Map(columns.map((column, index) => [column, index]));
}

function pair<Column extends string>(program: string, values: readonly string[], places: Places<Column>): Row<Column> {
  if (values.length !== places.size) {
    throw unreadable(program, `a row has ${values.length} columns instead of ${places.size}`, values.join(" "));
  }
  return (column) => values[places.get(column) ?? -1] ?? "";
}
