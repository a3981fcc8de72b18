import { types } from "node:util";

/** Makes the value of a kind from bytes that are its own: a fresh buffer of exactly these. */
type Make = (bytes: ArrayBuffer) => object;

const kinds: ReadonlyMap<string, { readonly size: number; readonly make: Make }> = new Map([
  ["ArrayBuffer", { size: 1, make: (bytes) => bytes }],
  ["DataView", { size: 1, make: (bytes) => new DataView(bytes) }],
  ["Buffer", { size: 1, make: (bytes) => Buffer.from(bytes) }],
  ["Int8Array", { size: 1, make: (bytes) => new Int8Array(bytes) }],
  ["Uint8Array", { size: 1, make: (bytes) => new Uint8Array(bytes) }],
  ["Uint8ClampedArray", { size: 1, make: (bytes) => new Uint8ClampedArray(bytes) }],
  ["Int16Array", { size: 2, make: (bytes) => new Int16Array(bytes) }],
  ["Uint16Array", { size: 2, make: (bytes) => new Uint16Array(bytes) }],
  ["Int32Array", { size: 4, make: (bytes) => new Int32Array(bytes) }],
  ["Uint32Array", { size: 4, make: (bytes) => new Uint32Array(bytes) }],
  ["Float32Array", { size: 4, make: (bytes) => new Float32Array(bytes) }],
  ["Float64Array", { size: 8, make: (bytes) => new Float64Array(bytes) }],
  ["BigInt64Array", { size: 8, make: (bytes) => new BigInt64Array(bytes) }],
  ["BigUint64Array", { size: 8, make: (bytes) => new BigUint64Array(bytes) }],
] satisfies readonly (readonly [string, { readonly size: number; readonly make: Make }])[]);

/**
 * The kind of a binary value and its bytes; `undefined` of anything else, and of kinds that not every Node has. Of a view
 * only what it shows: a small Buffer lies among others' data.
 */
export function binaryOf(value: object): { readonly kind: string; readonly bytes: Uint8Array } | undefined {
  if (types.isArrayBuffer(value)) return { kind: "ArrayBuffer", bytes: new Uint8Array(value) };
  if (!ArrayBuffer.isView(value)) return undefined;
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (Buffer.isBuffer(value)) return { kind: "Buffer", bytes };
  if (types.isDataView(value)) return { kind: "DataView", bytes };
  const kind: unknown = Reflect.get(value, Symbol.toStringTag);
  return typeof kind === "string" && kinds.has(kind) ? { kind, bytes } : undefined;
}

/** A binary value of a kind, with a buffer of its own; `undefined` where there is no such kind or the bytes are not whole elements. */
export function binaryFrom(kind: string, bytes: Uint8Array): object | undefined {
  const of = kinds.get(kind);
  if (of === undefined || bytes.byteLength % of.size !== 0) return undefined;
  const own = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(own).set(bytes);
  return of.make(own);
}
