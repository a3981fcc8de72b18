import type { Cluster } from "../../jobs/cluster.ts";
import { jobFilePath, keptPath, requireContent } from "../cluster-files.ts";
import type { RequestGroup } from "../mock-settings.ts";
import type { MockFiles } from "./mock-files.ts";

/** What is kept on a mock cluster, and what its jobs have left, in memory. `asked` begins each request. */
export function mockClusterFiles(
  files: MockFiles,
  base: string,
  asked: (group: RequestGroup, signal: AbortSignal) => void,
): Pick<Cluster, "keepFile" | "keptFile" | "readJobFile"> {
  return {
    async keepFile(file, signal) {
      asked("other", signal);
      await requireContent(file);
      const path = keptPath(base, file.sha256);
      files.write(path, file.bytes);
      return path;
    },

    async keptFile(sha256, signal) {
      asked("other", signal);
      const path = keptPath(base, sha256);
      return files.read(path, { offset: 0, maxBytes: 0 }) && path;
    },

    async readJobFile({ directory }, name, range, signal) {
      asked("output", signal);
      return files.read(jobFilePath(directory, name), range);
    },
  };
}
