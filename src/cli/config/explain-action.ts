import { explainSettings, type ExplainedCluster, type SettingsExplanation } from "../../assemble-explanation.ts";
import type { Context } from "../command.ts";
import { table } from "../table.ts";
import { visibleLine } from "../visible.ts";

/** `sluice config explain`. */
export async function explainConfig(context: Context, { json }: { readonly json?: boolean }): Promise<void> {
  const explanation = await explainSettings(await context.config(), context.cwd, context.signal);
  context.io.out(json === true ? `${JSON.stringify(explanation, undefined, 2)}\n` : explanationText(explanation));
}

function explanationText(explanation: SettingsExplanation): string {
  const { folder, settingsFile, home, store, gateway, tokenFile, clusters, variables } = explanation;
  const { name, because } = explanation.default;
  const facts = [
    ["settings", settingsFile ?? `no sluice.yaml in ${folder} or above it`],
    ["home", home],
    ["store", store],
    ["gateway", gateway ?? "none: commands about jobs handle them in their own process"],
    ["token", `${tokenFile.path}${tokenFile.exists ? "" : " (not there; sluice serve makes it)"}`],
    ["default", name === undefined ? `none: ${because}` : `${name}: ${because}`],
  ];
  return [
    facts.map(([what = "", value = ""]) => `${what.padEnd(8)}  ${visibleLine(value)}\n`).join(""),
    gateway === undefined
      ? ""
      : "The gateway has clusters and a default of its own; those here are of commands without it.\n",
    table(["CLUSTER", "KIND", "FROM", "REACHED", "FOLDER", "REQUESTS", "PROBLEM"], clusters.map(clusterRow)),
    table(
      ["VARIABLE", "MEANING", "VALUE"],
      variables.map(({ name: variable, value, meaning }) => [variable, meaning, visibleLine(value ?? "-")]),
    ),
  ]
    .filter((part) => part !== "")
    .join("\n");
}

function clusterRow({ name, kind, from, reached, folder, requests, problem }: ExplainedCluster): readonly string[] {
  const { burst, perSecond, source } = requests;
  const limit = burst === undefined ? source : `${burst}, then ${perSecond} a second (${source})`;
  return [name, kind, from, reached, folder ?? "-", limit, problem ?? "-"].map(visibleLine);
}
