/** A span of time as Go prints it: `1.5s`, `210.961µs`, `1h2m0.5s`. */
export function goDuration(nanoseconds: number): string {
  const whole = Math.round(nanoseconds);
  if (whole === 0) return "0s";
  if (whole < 0) return `-${goDuration(-whole)}`;
  if (whole < 1_000) return `${whole}ns`;
  if (whole < 1_000_000) return `${scaled(whole, 1_000, 3)}µs`;
  if (whole < 1_000_000_000) return `${scaled(whole, 1_000_000, 6)}ms`;
  const minutes = Math.floor(whole / 60_000_000_000);
  const seconds = `${scaled(whole - minutes * 60_000_000_000, 1_000_000_000, 9)}s`;
  if (minutes === 0) return seconds;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`;
}

function scaled(nanoseconds: number, unit: number, digits: number): string {
  const whole = Math.floor(nanoseconds / unit);
  const rest = String(nanoseconds % unit)
    .padStart(digits, "0")
    .replace(/0+$/, "");
  return rest === "" ? String(whole) : `${whole}.${rest}`;
}

const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a span that is written as Go reads it (`15s`, `1m30s`, `-1.5h`, `0`); `undefined` for what is none. */
export function parseGoDuration(text: string): number | undefined {
  const [, sign, rest = ""] = /^([-+]?)(.*)$/s.exec(text) ?? [];
  if (rest === "0") return 0;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(rest)) return undefined;
  let total = 0;
  for (const [, number, unit = ""] of rest.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(number) * (units[unit] ?? 0);
  }
  // Go counts in 64 bits of nanoseconds.
  if (total * 1e6 >= 2 ** 63) return undefined;
  return sign === "-" ? -total : total;
}
