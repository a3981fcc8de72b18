import { describe, expect, test } from "vitest";
import { requestUrl } from "./request-url.ts";

describe("the address of a resource", () => {
  test.each([
    ["http://localhost", [], {}, "http://localhost/"],
    ["http://localhost/", ["a", "b/", "/c", "d/"], {}, "http://localhost/a/b/c/d"],
    ["https://h:8443/base/", ["/v1/x"], {}, "https://h:8443/base/v1/x"],
    ["http://h", ["x"], { key2: "val 2", key1: "a&b" }, "http://h/x?key1=a%26b&key2=val+2"],
    ["http://h?own=1", ["x"], { key: "v" }, "http://h/x?key=v&own=1"],
  ])("below %s is made of %j and %j", (base, paths, query, expected) => {
    expect(requestUrl(base, paths, query).href).toBe(expected);
  });

  test.each(["", "123:", "localhost/x", "ftp://h/x", "file:///etc/passwd", "//user:secret@host"])(
    "is refused below %j",
    (base) => {
      expect(() => requestUrl(base, ["x"])).toThrow(expect.objectContaining({ status: 400 }));
      expect(() => requestUrl(base, ["x"])).not.toThrow(/secret/);
    },
  );
});
