import { types } from "node:util";
import { classNameOf } from "./plain-class.ts";
import { Refusal } from "./value-path.ts";

/** Why an object of a class that is not held cannot travel, and what to send instead. */
export function refusalOfClass(value: object): Refusal {
  const name = classNameOf(value);
  if (types.isPromise(value) || hasMethod(value, "then")) return new Refusal("is a promise", "await it first");
  if (types.isWeakMap(value) || types.isWeakSet(value) || value instanceof WeakRef) {
    return new Refusal(`is a ${name}, which cannot be read as a whole`, "send a Map, a Set or the object");
  }
  if (types.isSharedArrayBuffer(value))
    return new Refusal("is shared memory", "send a copy: new Uint8Array(shared).slice()");
  if (hasMethod(value, "pipe") || hasMethod(value, "getReader") || hasMethod(value, "getWriter")) {
    return new Refusal(`is a stream (${name})`, "send what it holds, or the path of a file");
  }
  if (types.isBoxedPrimitive(value)) return new Refusal(`is a ${name} object`, "send the plain value (.valueOf())");
  const remedy = "send plain data, such as { ...object }, and make the object anew from it";
  return new Refusal(`is an object of the class ${name}`, remedy);
}

function hasMethod(value: object, name: string): boolean {
  return typeof Reflect.get(value, name) === "function";
}
