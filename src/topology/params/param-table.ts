import type { ParamValue } from "./param-value.ts";

/** What a parameter takes. Values are coerced as far as Topograph does: `"2"` is a number where one is asked for. */
export type ParamType =
  | "string"
  | "int"
  | "bool"
  | "any"
  | "string-list"
  | "int-list"
  | "string-map"
  | { readonly object: ParamTable }
  | { readonly mapOf: ParamTable };

export interface ParamSpec {
  readonly type: ParamType;
  /** One sentence; pages of documentation are made of it. */
  readonly doc: string;
  readonly required?: boolean;
  /** The default as people read it, where there is one. */
  readonly shownDefault?: string;
}

/** The parameters of a provider or an engine by name, in the order of their documentation. */
export type ParamTable = { readonly [name: string]: ParamSpec };

/** The values of a table: absent, `null` and unknown parameters are `undefined`. */
export type Decoded<Table extends ParamTable> = {
  readonly [Name in keyof Table]: DecodedValue<Table[Name]["type"]> | undefined;
};

type DecodedValue<Type extends ParamType> = Type extends "string"
  ? string
  : Type extends "int"
    ? number
    : Type extends "bool"
      ? boolean
      : Type extends "string-list"
        ? readonly string[]
        : Type extends "int-list"
          ? readonly number[]
          : Type extends "string-map"
            ? ReadonlyMap<string, string>
            : Type extends { readonly object: infer Table extends ParamTable }
              ? Decoded<Table>
              : Type extends { readonly mapOf: infer Table extends ParamTable }
                ? ReadonlyMap<string, Decoded<Table> | null>
                : ParamValue;
