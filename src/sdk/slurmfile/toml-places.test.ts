import { expect, test } from "vitest";
import { TomlPlaces } from "./toml-places.ts";

const text = `# [default.submit] is not here
title = "a [b] = c"  # d = 1
list = [
  "x", # [no.header]
  { inner = 1, "quoted key" = 2 },
]

[default.cluster]
backend = 'ssh'
  job_base_dir = """
[not.a.header]
key = 1
"""
backend_config = { hostname = "h", port = 22, deep = { er = true } }
dotted.key.here = 1979-05-27T07:32:00Z
[ default . submit ]
time = "1:00:00"
"mem-per-cpu" = "1G"
'lit"eral' = 1
[[callbacks]]
target = 1
`;

test.for<[readonly string[], string]>([
  [["title"], "2:1"],
  [["list"], "3:1"],
  [["list", "inner"], "5:5"],
  [["list", "quoted key"], "5:16"],
  [["default"], "8:1"],
  [["default", "cluster", "backend"], "9:1"],
  [["default", "cluster", "job_base_dir"], "10:3"],
  [["default", "cluster", "backend_config", "port"], "14:36"],
  [["default", "cluster", "backend_config", "deep", "er"], "14:56"],
  [["default", "cluster", "dotted", "key", "here"], "15:1"],
  [["default", "cluster", "dotted"], "15:1"],
  [["default", "submit"], "16:1"],
  [["default", "submit", "time"], "17:1"],
  [["default", "submit", "mem-per-cpu"], "18:1"],
  [["default", "submit", 'lit"eral'], "19:1"],
  [["callbacks", "target"], "21:1"],
  [["default", "submit", "missing"], "16:1"],
  [["not", "a", "header"], "1:1"],
])("%j stands at %s", ([path, place]) => {
  const { line, column } = new TomlPlaces(text).of(path);
  expect(`${line}:${column}`).toBe(place);
});

test("what is no TOML ends all the same", () => {
  for (const broken of ["[", "a", "= 1", 'a = "', "a = [[{", "]]}", "\u0000", "a.b.c", "'''"]) {
    expect(new TomlPlaces(broken).of(["z"])).toEqual({ line: 1, column: 1 });
  }
});
