import { describe, expect, test } from "vitest";
import { apptainerImage, enrootImage, podmanImage } from "./container-lines.ts";
import { readPackaging } from "./packaging.ts";

describe("packaging", () => {
  test.each<[unknown, object]>([
    ["bundle", { kind: "bundle", external: [] }],
    ["inherit", { kind: "inherit", external: [] }],
    ["container:registry:5000/team/image:1", { container: { image: "registry:5000/team/image:1", mounts: [] } }],
    [{ kind: "npm" }, { kind: "npm", external: [] }],
    [{ kind: "bundle", external: ["sharp"] }, { external: ["sharp"] }],
    [
      { kind: "container", image: "/images/train.sif", mounts: ["/data:/data:ro"], engine: "apptainer" },
      { container: { image: "/images/train.sif", mounts: ["/data:/data:ro"], engine: "apptainer" } },
    ],
  ])("is read: %j", (given, read) => {
    expect(readPackaging(given)).toMatchObject(read);
  });

  test.each<[unknown, string]>([
    ["wheel", 'packaging takes "bundle", "source", "npm", "inherit" or "container:IMAGE"'],
    ["bundle:x", "packaging takes"],
    ["container:", "packaging.image names an image"],
    ["container:--privileged", "packaging.image names an image"],
    ["container:a b", "packaging.image names an image"],
    [7, "packaging takes a kind"],
    [null, "packaging takes a kind"],
    [{ kind: "wheel" }, "packaging.kind is one of bundle, source, npm, container, inherit"],
    [{ kind: "bundle", image: "x" }, 'packaging.image goes with kind "container" alone'],
    [{ kind: "bundle", extern: [] }, "packaging.extern is not known; it has kind, external"],
    [{ kind: "bundle", external: "sharp" }, "packaging.external takes a list of texts"],
    [{ kind: "container", image: "x", mounts: ["data:/data"] }, "packaging.mounts takes HOST:CONTAINER"],
    [{ kind: "container", image: "x", engine: "docker" }, "packaging.engine is one of pyxis, apptainer, podman"],
  ])("is refused with the field and what it takes: %j", (given, message) => {
    expect(() => readPackaging(given)).toThrow(
      expect.objectContaining({ code: "INPUT_INVALID", message: expect.stringContaining(message) }),
    );
  });
});

test.each([
  ["ubuntu:24.04", "ubuntu:24.04", "docker://ubuntu:24.04", "docker.io/library/ubuntu:24.04"],
  ["team/image", "team/image", "docker://team/image", "docker.io/team/image"],
  ["ghcr.io/team/image:1", "ghcr.io#team/image:1", "docker://ghcr.io/team/image:1", "ghcr.io/team/image:1"],
  [
    "registry:5000/a/b@sha256:00",
    "registry:5000#a/b@sha256:00",
    "docker://registry:5000/a/b@sha256:00",
    "registry:5000/a/b@sha256:00",
  ],
  ["localhost/own", "localhost#own", "docker://localhost/own", "localhost/own"],
  ["docker://node:24", "node:24", "docker://node:24", "docker.io/library/node:24"],
  ["nvcr.io#nvidia/cuda:12", "nvcr.io#nvidia/cuda:12", "docker://nvcr.io/nvidia/cuda:12", "nvcr.io/nvidia/cuda:12"],
  ["/images/a.sqsh", "/images/a.sqsh", "/images/a.sqsh", "/images/a.sqsh"],
])("the image %s is %s to Pyxis, %s to apptainer, %s to podman", (image, enroot, apptainer, podman) => {
  expect([enrootImage(image), apptainerImage(image), podmanImage(image)]).toEqual([enroot, apptainer, podman]);
});
