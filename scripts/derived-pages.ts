import { Readable } from "node:stream";
import type { Argument, Command, Option } from "commander";
import type { Context } from "../src/cli/command.ts";
import { createProgram } from "../src/cli/program.ts";
import { errorCodes } from "../src/error-codes.ts";
import { apiBlocks } from "./api-page.ts";
import { sdkReferenceBlocks } from "./sdk-reference-page.ts";
import { settingsBlocks, settingsSchema } from "./settings-page.ts";
import { engineBlocks, providerBlocks } from "./topology-pages.ts";

/** Path below the repository and text of every page that is derived from the code. */
export function derivedPages(): readonly (readonly [path: string, text: string])[] {
  return [
    ["docs/errors.md", errorsPage()],
    ["docs/cli.md", cliPage()],
    ["docs/api.md", page(apiBlocks(table))],
    ["docs/sluice-yaml.md", page(settingsBlocks(table))],
    ["docs/topology-providers.md", page(providerBlocks(table))],
    ["docs/topology-engines.md", page(engineBlocks(table))],
    ["docs/sdk-reference.md", page(sdkReferenceBlocks())],
    ["schema/sluice.schema.json", settingsSchema()],
  ];
}

function errorsPage(): string {
  const sections = Object.entries(errorCodes).flatMap(([code, { meaning, remedy, exit, http, grpc, retry }]) => [
    `## ${code}`,
    meaning,
    `**What to do.** ${remedy}`,
    `Exit code ${exit} · HTTP ${http} · gRPC ${grpc} · ${retry ? "may be tried again as it is" : "trying again as it is does not help"}`,
  ]);
  return page([
    "# Errors",
    "Derived from `src/error-codes.ts` by `npm run docs`; do not edit.",
    "A failed command prints `error: message [CODE]` to stderr, with what to do on the next line, and ends with the exit code of its code. " +
      "Exit code 0 is success. `sluice run` ends with the job's own exit code, 128 + signal where a signal ended it; an error of Sluice itself has the codes below. " +
      "Exit code 70 without a code in brackets is a mistake in Sluice: please report it.",
    table(
      ["code", "exit", "meaning"],
      Object.entries(errorCodes).map(([code, { exit, meaning }]) => [
        `[\`${code}\`](#${code.toLowerCase()})`,
        String(exit),
        meaning,
      ]),
    ),
    ...sections,
  ]);
}

function cliPage(): string {
  const program = createProgram(silentContext);
  return page([
    "# Command line",
    "Derived from the commands in `src/cli/` by `npm run docs`; do not edit.",
    "`sluice` and `slurm` are the same program. Results go to stdout and everything else to stderr. Exit codes: [errors.md](errors.md).",
    ...commandsBelow(program, []).flatMap(({ command, path }) => commandSection(command, path)),
  ]);
}

function commandsBelow(command: Command, parents: readonly string[]): { command: Command; path: string }[] {
  const names = [...parents, command.name()];
  return [{ command, path: names.join(" ") }, ...command.commands.flatMap((child) => commandsBelow(child, names))];
}

function commandSection(command: Command, path: string): string[] {
  const help = command.createHelp();
  const options = help.visibleOptions(command);
  const usage = command
    .usage()
    .split("\n")
    .map((line, index) => (index === 0 ? `${path} ${line}` : line.trim()));
  return [
    `## ${path}`,
    `${upperFirst(command.description())}.`.replace(/\.\.$/, "."),
    ["```", ...usage, "```"].join("\n"),
    ...(command.registeredArguments.length === 0
      ? []
      : [
          table(
            ["argument", "meaning"],
            command.registeredArguments.map((argument) => argumentRow(argument)),
          ),
        ]),
    ...(options.length === 0
      ? []
      : [
          table(
            ["option", "meaning"],
            options.map((option) => optionRow(option)),
          ),
        ]),
    ...examplesOf(command),
  ];
}

function argumentRow(argument: Argument): readonly string[] {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return [`\`${argument.required ? `<${name}>` : `[${name}]`}\``, sentence(argument)];
}

function optionRow(option: Option): readonly string[] {
  return [`\`${option.flags}\``, sentence(option)];
}

function sentence({ description, defaultValue, defaultValueDescription, argChoices }: Argument | Option): string {
  const facts = [
    ...(argChoices === undefined ? [] : [`one of ${argChoices.join(", ")}`]),
    ...(defaultValue === undefined || defaultValue === false
      ? []
      : [`default ${defaultValueDescription ?? String(defaultValue)}`]),
  ];
  return facts.length === 0 ? description : `${description} (${facts.join("; ")})`;
}

/** The text that commands add below their help. */
function examplesOf(command: Command): string[] {
  const written: string[] = [];
  command.configureOutput({ writeOut: (text) => void written.push(text) });
  command.outputHelp();
  const lines = /\nExamples:\n((?: {2}.*\n?)+)/.exec(written.join(""))?.[1];
  return lines === undefined
    ? []
    : [
        [
          "```sh",
          ...lines
            .trimEnd()
            .split("\n")
            .map((line) => line.trim()),
          "```",
        ].join("\n"),
      ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map((row) => line(row))].join("\n");
}

function page(blocks: readonly string[]): string {
  return `${blocks.join("\n\n")}\n`;
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const silentContext: Context = {
  io: {
    out: () => {},
    err: () => {},
    drained: async () => {},
    stdin: Readable.from([]),
    isTTY: false,
    errIsTTY: false,
    stdinIsTTY: false,
    columns: 120,
  },
  signal: new AbortController().signal,
  urgent: new AbortController().signal,
  cwd: "/",
  config: () => Promise.reject(new Error("the reference is written without settings")),
  exitCode: 0,
};
