import { SluiceError } from "../errors.ts";

/** Reads the value of an option that takes a whole number; what else it must be is the use case's to say. */
export function wholeNumber(option: string, unit = "") {
  return (text: string): number => {
    if (/^-?\d{1,15}$/.test(text)) return Number(text);
    const of = unit === "" ? "" : ` of ${unit}, without a unit`;
    throw new SluiceError("INPUT_INVALID", `${option}: "${text}" is not accepted; it takes a whole number${of}`, {
      details: { field: option },
    });
  };
}

/** Reads the value of an option that takes seconds, and gives milliseconds. */
export function seconds(option: string) {
  return (text: string): number => {
    const value = /^\d{1,9}(\.\d+)?s?$/.test(text) ? Number.parseFloat(text) : 0;
    if (value > 0) return value * 1000;
    throw new SluiceError(
      "INPUT_INVALID",
      `${option}: "${text}" is not accepted; it takes a number of seconds above 0`,
      {
        details: { field: option },
      },
    );
  };
}
