import { tmpdir } from "node:os";
import { join } from "node:path";

/** For commands whose home is a folder that a test looks through: what Node compiles of them is kept in one folder for all tests. */
export const compiledElsewhere = { NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache") } as const;
