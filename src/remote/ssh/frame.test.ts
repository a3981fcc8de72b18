import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeFields, encodeFields, encodeFrame, FrameReader } from "./frame.ts";

test("frames come out as they went in, however the stream is cut", () => {
  const frames = fc.array(
    fc.record({
      type: fc.constantFrom("H", "o", "e", "X", "F", "P"),
      id: fc.nat(0xffff_ffff),
      payload: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    }),
  );
  fc.assert(
    fc.property(frames, fc.integer({ min: 1, max: 40 }), (sent, step) => {
      const stream = Buffer.concat(sent.map(({ type, id, payload }) => encodeFrame(type, id, payload)));
      const reader = new FrameReader();
      const read = [];
      for (let at = 0; at < stream.length; at += step) read.push(...reader.read(stream.subarray(at, at + step)));
      expect(read).toEqual(sent);
    }),
  );
});

test("what is no frame is refused at its ninth byte, not waited for", () => {
  const reader = new FrameReader();
  expect([...reader.read(Buffer.from("Welcome "))]).toEqual([]);
  expect(() => [...reader.read(Buffer.from("t"))]).toThrow(RangeError);
});

test("a list of texts comes out as it went in, newlines and NULs and all", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" })), (texts) => {
      expect(decodeFields(encodeFields(texts))).toEqual(texts);
    }),
  );
  expect(() => decodeFields(Buffer.from([0, 0, 0, 9, 1]))).toThrow(RangeError);
});
