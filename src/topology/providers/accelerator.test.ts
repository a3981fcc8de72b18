import { describe, expect, test } from "vitest";
import { exactWords } from "../../../test/exact-words.ts";
import { toParamMap } from "../params/to-param-map.ts";
import { readAccelerator } from "./accelerator.ts";
import { nvlinkDomain } from "./nvidia-smi.ts";

describe("the parameter accelerator", () => {
  const usual = { gpuOperatorNamespace: "gpu-operator", devicePluginDaemonSet: "nvidia-device-plugin-daemonset" };

  test.each([
    [{}, { source: "none", labelKey: "", ...usual }],
    [{ accelerator: {} }, { source: "none", labelKey: "", ...usual }],
    [{ accelerator: { source: "none" } }, { source: "none", labelKey: "", ...usual }],
    [
      { accelerator: { source: "kubernetes-label", kubernetesLabel: { key: " example.com/domain " } } },
      { source: "kubernetes-label", labelKey: "example.com/domain", ...usual },
    ],
    [
      {
        accelerator: { source: " NVIDIA-SMI ", nvidiaSmi: { gpuOperatorNamespace: "own", devicePluginDaemonSet: " " } },
      },
      { source: "nvidia-smi", labelKey: "", ...usual, gpuOperatorNamespace: "own" },
    ],
  ])("is read from %j", (params, expected) => {
    expect(readAccelerator(toParamMap(params))).toEqual(expected);
  });

  test.each([
    [null, "accelerator section must be an object with a source"],
    ["nvidia-smi", "accelerator section must be an object with a source"],
    [["nvidia-smi"], "accelerator section must be an object with a source"],
    [{ nvidiaSmi: { gpuOperatorNamespace: "gpu-operator" } }, "accelerator source must be set"],
    [{ source: " " }, "accelerator source must be set"],
    [{ source: "invalid" }, 'unsupported accelerator source "invalid"'],
    [{ source: "kubernetes-label" }, 'accelerator kubernetesLabel.key must be set for source "kubernetes-label"'],
    [
      { source: "none", nvidiaSmi: 5 },
      /^could not decode configuration: 1 error\(s\) decoding:\n\n\* 'nvidiaSmi' expected a map, got 'float64'$/,
    ],
  ])("is refused as %j", (accelerator, message) => {
    expect(() => readAccelerator(toParamMap({ accelerator }))).toThrow(exactWords(message));
  });
});

describe("what nvidia-smi prints of the GPUs of a node", () => {
  test.each(["uuid, 7", "uuid, 7\nuuid , 7\n", "\r\n uuid,7 \r\n"])("names the domain in %j", (output) => {
    expect(nvlinkDomain(output)).toBe("uuid.7");
  });

  // The cases of Topograph's own test.
  test.each([
    ["", "missing NVL partition ID"],
    [", 7", "missing ClusterUUID"],
    ["uuid, ", "missing CliqueId"],
    ["uuid", 'expected ClusterUUID and CliqueId CSV fields, got "uuid"'],
    ["a, b, c", 'expected ClusterUUID and CliqueId CSV fields, got "a, b, c"'],
    ["N/A, 7", "ClusterUUID is N/A"],
    ["uuid, N/A", "CliqueId is N/A"],
    ["uuid, 8\nuuid, 7", "ambiguous NVL partition IDs: uuid.7, uuid.8"],
  ])("names none in %j", (output, message) => {
    expect(() => nvlinkDomain(output)).toThrow(exactWords(message));
  });
});
