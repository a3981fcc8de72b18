import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { decodeValue } from "./decode-value.ts";
import { encodeArguments } from "./encode-arguments.ts";
import { jobMarker } from "./job-marker.ts";

const job = { [jobMarker]: { id: "01KB0000000000000000000001" } };
const oneTask = { [jobMarker]: { id: "01KB0000000000000000000002", task: 7 } };
const array = { [jobMarker]: { id: "01KB0000000000000000000003", tasks: [0, 1, 4] } };

test("jobs stand for their values, however deep, and each is collected once", async () => {
  const { json, jobs } = encodeArguments([job, { deep: [new Map([["a", { job, oneTask }]])] }, array, array]);
  expect(jobs).toEqual([
    { id: "01KB0000000000000000000001" },
    { id: "01KB0000000000000000000002", task: 7 },
    { id: "01KB0000000000000000000003", task: 0 },
    { id: "01KB0000000000000000000003", task: 1 },
    { id: "01KB0000000000000000000003", task: 4 },
  ]);
  const asked: string[] = [];
  const back = await decodeValue(JSON.parse(json), {
    job: ({ id, task }) => {
      asked.push(`${id.at(-1) ?? ""}/${String(task)}`);
      return { value: `${id.at(-1) ?? ""}/${String(task)}` };
    },
  });
  const first = { value: "1/undefined" };
  const all = [{ value: "3/0" }, { value: "3/1" }, { value: "3/4" }];
  expect(back).toEqual([first, { deep: [new Map([["a", { job: first, oneTask: { value: "2/7" } }]])] }, all, all]);
  if (!Array.isArray(back)) throw new Error("no list");
  expect(back[1].deep[0].get("a").job).toBe(back[0]);
  expect(back[3]).toBe(back[2]);
  expect(asked.sort()).toEqual(["1/undefined", "2/7", "3/0", "3/1", "3/4"]);
});

test("a job may be a function, and what only looks like a job is refused", () => {
  const callable = Object.assign(() => 1, job);
  expect(encodeArguments([callable]).json).toBe('[{"$job":{"id":"01KB0000000000000000000001"}}]');
  expect(() => encodeArguments([{ [jobMarker]: { id: 7 } }])).toThrow("args[0] has the field Symbol(sluice.job)");
});

test("large buffers are kept by their hash, each content once, and are as they were when they were sent", async () => {
  const bytes = Buffer.alloc(70_000, "x");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const { json, files } = encodeArguments([bytes, Uint8Array.from(bytes)]);
  bytes.fill("changed");
  expect(files.map((file) => file.sha256)).toEqual([sha256]);
  const kept = files[0]?.bytes ?? new Uint8Array();
  const back = await decodeValue(JSON.parse(json), { file: () => kept });
  expect(back).toStrictEqual([Buffer.alloc(70_000, "x"), new Uint8Array(70_000).fill("x".charCodeAt(0))]);

  const cut = decodeValue(JSON.parse(json), { file: () => kept.subarray(1) });
  await expect(cut).rejects.toMatchObject({
    code: "VALUE_UNREADABLE",
    message: expect.stringContaining("has 69999 bytes rather than 70000"),
  });
  const changed = decodeValue(JSON.parse(json), { file: () => new Uint8Array(70_000) });
  await expect(changed).rejects.toMatchObject({
    code: "VALUE_UNREADABLE",
    message: expect.stringContaining("other content"),
  });
});
