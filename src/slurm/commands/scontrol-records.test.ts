import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readScontrolRecords, type RecordLayout } from "./scontrol-records.ts";

const layout: RecordLayout = {
  lines: [
    ["JobId", "JobName"],
    ["UserId", "GroupId"],
    ["JobState", "Reason"],
    ["Command"],
    ["Comment"],
    ["StdOut"],
    ["Power"],
  ],
  texts: new Set(["JobName", "Command", "Comment", "StdOut"]),
};

function write(values: Readonly<Record<string, string>>): string {
  const lines = layout.lines.map((keys) =>
    keys
      .filter((key) => values[key] !== undefined)
      .map((key) => `${key}=${values[key]}`)
      .join(" "),
  );
  return `${lines.filter((line) => line !== "").join("\n   ")}\n   \n\n`;
}

const record = {
  JobId: "1",
  JobName: "a",
  UserId: "root(0)",
  GroupId: "root(0)",
  JobState: "PENDING",
  Reason: "Priority",
  Command: "/x",
  Comment: "c",
  StdOut: "/o",
  Power: "",
};
const readOne = (values: Readonly<Record<string, string>>) =>
  readScontrolRecords(write(values), layout).map((one) => Object.fromEntries(one));

test.each([
  ["an equals sign and blanks", "a b=c  d"],
  ["another key", "x JobState=FAILED y"],
  ["a line that comes before it", "x\n   JobState=FAILED Reason=None"],
  ["a line that comes after the next", "x\n   Power=1"],
  ["the key of another record", "x\nJobId=2 JobName=b"],
  ["a line break at its end", "x\n"],
])("keeps a comment with %s", (_, comment) => {
  expect(readOne({ ...record, Comment: comment })).toEqual([{ ...record, Comment: comment }]);
});

test.each(["JobName", "Command", "StdOut"])("keeps line breaks and keys in %s", (key) => {
  const value = "a JobState=FAILED\nb\n   JobId=3 JobName=d";
  expect(readOne({ ...record, [key]: value })).toEqual([{ ...record, [key]: value }]);
});

test("takes records apart", () => {
  const text = write(record) + write({ ...record, JobId: "2" });
  expect(readScontrolRecords(text, layout).map((one) => one.get("JobId"))).toEqual(["1", "2"]);
});

test("leaves out lines and keys that it does not know", () => {
  const text =
    "JobId=1 JobName=a\n   UserId=root(0) GroupId=root(0)\n   NewKey=1 JobState=FAILED\n   JobState=RUNNING Reason=None New=2\n   \n\n";
  const [one] = readScontrolRecords(text, layout);
  expect(one?.get("JobState")).toBe("RUNNING");
  expect(one?.has("NewKey")).toBe(false);
});

test("keeps any text of a person, unless it imitates the line that is due next", () => {
  const word = fc.constantFrom(
    "a",
    " ",
    "=",
    "\n",
    "\n   ",
    "JobState=FAILED",
    "JobId=2",
    "UserId=x(1)",
    "Reason=",
    "|",
    "é",
  );
  const text = fc.array(word, { maxLength: 12 }).map((parts) => `x${parts.join("")}y`);
  fc.assert(
    fc.property(text, text, (command, comment) => {
      fc.pre(!comment.includes("\n\nJobId=") && !command.includes("\n\nJobId="));
      expect(readOne({ ...record, Command: command, Comment: comment })).toEqual([
        { ...record, Command: command, Comment: comment },
      ]);
    }),
  );
});

test("reads any text without an error", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(readScontrolRecords(text, layout).length).toBeGreaterThanOrEqual(0);
    }),
  );
});
