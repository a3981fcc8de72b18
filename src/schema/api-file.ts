import { z } from "zod";

/** Where content is kept on a cluster. */
export const KeptPath = z.object({ path: z.string().describe("Absolute path there") });
