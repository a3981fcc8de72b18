/** What two dialects of SQL say differently. */
export interface SqlWords {
  /** A whole number of 64 bits. */
  readonly integer: string;
  /** Text that is compared byte by byte. */
  readonly text: string;
  /** Stands behind the columns of every table. */
  readonly tableEnd: string;
}

/** One step of the tables' history. Once it has been released it is never changed: mend it with the next one. */
export interface Migration {
  /** 1, 2, 3, … */
  readonly number: number;
  readonly name: string;
  /** A Sluice that does not know this step must not touch the tables after it. */
  readonly breaking: boolean;
  statements(words: SqlWords): readonly string[];
}
