import { expect, test } from "vitest";
import { openApiPlugins } from "./rest.ts";

const list = openApiPlugins("slurmrestd", "/c/slurm.conf", {});

test("the plugins are those that slurmrestd lists, without its heading", () => {
  const stderr = [
    "slurmrestd: Possible OpenAPI plugins:",
    "slurmrestd: openapi/dbv0.0.38",
    "slurmrestd: openapi/v0.0.38",
    "slurmrestd: openapi/v0.0.37",
    "",
  ].join("\n");
  expect(list.parse({ stdout: "", stderr, exitCode: 0 })).toEqual([
    "openapi/dbv0.0.38",
    "openapi/v0.0.38",
    "openapi/v0.0.37",
  ]);
});

test("newer releases name them without a folder", () => {
  const stderr =
    "slurmrestd: Possible OpenAPI plugins:\nslurmrestd: slurmctld\nslurmrestd: slurmdbd\nslurmrestd: util\n";
  expect(list.parse({ stdout: "", stderr, exitCode: 0 })).toEqual(["slurmctld", "slurmdbd", "util"]);
});

test("a list without a name is told in slurmrestd's words", () => {
  const stderr = "slurmrestd: fatal: Could not establish a configuration source\n";
  expect(() => list.parse({ stdout: "", stderr, exitCode: 1 })).toThrow("Could not establish a configuration source");
});
