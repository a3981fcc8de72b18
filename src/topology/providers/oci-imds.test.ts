import { describe, expect, test } from "vitest";
import { recordingHost } from "../../../test/recording-host.ts";
import { createRecordedRunner } from "../../remote/recorded-runner.ts";
import type { CommandOutput } from "../../schema/command.ts";
import { layoutTree } from "../graph/layout-tree.ts";
import { toParamMap } from "../params/to-param-map.ts";
import { renderTree } from "../render/tree.ts";
import { ociImds } from "./oci-imds.ts";

const { signal } = new AbortController();
const placeCommand =
  'echo $(curl -s -H "Authorization: Bearer Oracle" -L http://169.254.169.254/opc/v2/host/rdmaTopologyData)';
const regionCommand =
  'echo $(curl -s -H "Authorization: Bearer Oracle" -L http://169.254.169.254/opc/v2/instance/region)';
const instances = [{ region: "phx", instances: new Map([1, 2, 3].map((index) => [`i${index}`, `n${index}`])) }];

describe("instances of Oracle Cloud that are asked themselves", () => {
  const answers = [
    'n1: { "customerGpuMemoryFabric": "fab1", "customerHPCIslandId": "hpc", "customerNetworkBlock": "net", "customerLocalBlock": "loc1" }',
    'n2: { "customerHPCIslandId": "hpc", "customerNetworkBlock": "net", "customerLocalBlock": "loc2" }',
    'n3: { "customerHPCIslandId": 123, "customerNetworkBlock": "net", "customerLocalBlock": "loc2" }',
    "",
  ].join("\n");

  test("stand in their local block, network block and HPC island, under names that people can read", async () => {
    const host = hostWhere(placeCommand, { stdout: answers });
    const graph = await (await open(host)).graph({ instances }, signal);
    expect(renderTree(layoutTree(graph))).toBe(
      [
        "# switch.3.1=hpc",
        "SwitchName=switch.3.1 Switches=switch.2.1",
        "SwitchName=no-topology Nodes=n3",
        "# switch.2.1=net",
        "SwitchName=switch.2.1 Switches=switch.1.[1-2]",
        "# switch.1.1=loc1",
        "SwitchName=switch.1.1 Nodes=n1",
        "# switch.1.2=loc2",
        "SwitchName=switch.1.2 Nodes=n2",
        "",
      ].join("\n"),
    );
    expect([...(graph.domains?.get("fab1")?.keys() ?? [])]).toEqual(["n1"]);
    expect(host.recorded.log).toEqual(["warning: OCI: what node n3 says of its place cannot be read"]);
    expect(host.recorded.metrics).toEqual(['topograph_missing_topology{provider="oci",node="n3"}']);
  });

  test("cannot be told where pdsh fails", async () => {
    const host = hostWhere(placeCommand, { stderr: "n1: denied\n", exitCode: 1 });
    await expect((await open(host)).graph({ instances }, signal)).rejects.toMatchObject({
      status: 500,
      message: "failed to get node topology: pdsh failed: n1: denied  : exit status 1",
    });
  });

  test("are none where none are asked for", async () => {
    const graph = await (
      await open(recordingHost())
    ).graph({ instances: [{ region: "phx", instances: new Map() }] }, signal);
    expect(renderTree(layoutTree(graph))).toBe("");
  });

  test("have their names for ids, and say in which region they are", async () => {
    const { instanceMapper } = await open(hostWhere(regionCommand, { stdout: "n1: phx\nn2: iad\nn3: \n" }));
    expect(await instanceMapper?.nodesByInstance(["n1"], signal)).toEqual(new Map([["n1", "n1"]]));
    expect(await instanceMapper?.regionsByNode(["n1", "n2", "n3"], signal)).toEqual(
      new Map([
        ["n1", "phx"],
        ["n2", "iad"],
      ]),
    );
  });

  test("lose no more than two tiers", async () => {
    const message = "parameters error: invalid 'trimTiers' value '3': must be an integer between 0 and 2";
    await expect(
      ociImds.open({ params: toParamMap({ trimTiers: 3 }), creds: new Map() }, recordingHost(), signal),
    ).rejects.toMatchObject({ status: 400, message });
  });
});

function open(host: ReturnType<typeof recordingHost>): ReturnType<typeof ociImds.open> {
  return ociImds.open({ params: new Map(), creds: new Map() }, host, signal);
}

function hostWhere(command: string, output: Partial<CommandOutput>): ReturnType<typeof recordingHost> {
  const runner = createRecordedRunner([
    {
      argv: ["pdsh", "-R", "ssh", "-w", "n[1-3]", command],
      output: { stdout: "", stderr: "", exitCode: 0, ...output },
    },
  ]);
  return recordingHost({ runner });
}
