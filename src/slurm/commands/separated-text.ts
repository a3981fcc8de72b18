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

/** Reads what a `--Format` of `longFormat` printed. Throws `REPLY_UNREADABLE`. */
export function readRows<Column extends string>(
  program: string,
  text: string,
  columns: readonly Column[],
  { field, record }: Separators,
): readonly Row<Column>[] {
  if (text === "") return [];
  const records = text.split(`${record}\n`);
  const rest = records.pop();
  if (rest !== "") throw unreadable(program, "the last row does not end", rest ?? "");
  return records.map((line) => toRow(program, line.split(field), columns));
}

/** Pairs values with columns; throws `REPLY_UNREADABLE` where their numbers differ. */
export function toRow<Column extends string>(
  program: string,
  values: readonly string[],
  columns: readonly Column[],
): Row<Column> {
  if (values.length !== columns.length) {
    throw unreadable(program, `a row has ${values.length} columns instead of ${columns.length}`, values.join(" "));
  }
  const byColumn = new Map(columns.map((column, index) => [column, values[index]]));
  return (column) => byColumn.get(column) ?? "";
}
