#!/usr/bin/env node
// The door of every `npm` script that does something: sees that the npm packages are there, the Node of this project
// among them, and hands over to task.ts. Plain JavaScript without imports of its own, because it must run on whatever
// Node (18 or later) a machine happens to have.
//
//   node scripts/prepare.mjs setup | quickstart | test | check | build | bench | chaos | fuzz   [arguments of the task]

import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = join(root, "node_modules", ".bin");
const ownNode = join(bin, "node");

/** Whether node_modules holds what package-lock.json asks for; npm's own record of its last install says so. */
function packagesFit() {
  const wanted = readPackages("package-lock.json") ?? {};
  const present = readPackages(join("node_modules", ".package-lock.json"));
  if (present === undefined || !existsSync(ownNode)) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "" || (entry.optional === true && !isForThisMachine(entry))) return true;
    return present[path]?.version === entry.version;
  });
}

/** Packages with native code are optional, one for each kind of machine. */
function isForThisMachine({ os, cpu, libc }) {
  const own = process.report.getReport().header.glibcVersionRuntime === undefined ? "musl" : "glibc";
  const fits = (list, value) => list === undefined || list.includes(value);
  return os !== undefined && fits(os, process.platform) && fits(cpu, process.arch) && fits(libc, own);
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), "utf8")).packages;
  } catch {
    return undefined;
  }
}

/**
 * Runs a command in sight of the user and gives its exit code. It is in a session of its own, so that a signal reaches it
 * once, from here: a Ctrl-C comes from the terminal and again from npm, and counts as one.
 */
function run(command, args, firstOnPath = bin) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, PATH: `${firstOnPath}${delimiter}${process.env.PATH ?? ""}` };
    const child = spawn(command, args, { cwd: root, stdio: "inherit", env, detached: true });
    let last = -Infinity;
    const forward = (signal) => {
      const now = performance.now();
      if (now - last > 300) child.kill(signal);
      last = now;
    };
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of signals) process.on(signal, forward);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      for (const name of signals) process.off(name, forward);
      resolve(code ?? (signal === "SIGINT" ? 130 : 143));
    });
  });
}

/** `npx sluice` in this folder runs the sources as they are, with the project's own Node whatever Node is on PATH. */
function linkCommands() {
  const text = '#!/bin/sh\nbin=$(dirname "$0")\nexec "$bin/node" "$bin/../../src/cli/main.ts" "$@"\n';
  for (const name of ["sluice", "slurm"]) {
    const file = join(bin, name);
    if (!existsSync(file)) writeFileSync(file, text, { mode: 0o755 });
  }
}

function say(text) {
  process.stderr.write(`» ${text}\n`);
}

/** Gives npm's exit code. */
async function installPackages() {
  const install = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const code = await run("npm", install);
  if (code !== 0) return code;
  // Where npm is set to ignore install scripts, this one must run all the same: it brings the project's Node.
  if (!existsSync(ownNode)) await run("npm", ["rebuild", "node", "--ignore-scripts=false"]);
  if (packagesFit() || !existsSync(ownNode)) return 0;
  // npm leaves optional packages out that the Node it runs on is too old for. So once more, on the project's own.
  const folder = mkdtempSync(join(tmpdir(), "sluice-node-"));
  try {
    const node = join(folder, "node");
    copyFileSync(ownNode, node);
    say("installing the npm packages again, with the project's own Node");
    const npm = process.env.npm_execpath;
    return npm?.endsWith(".js") ? await run(node, [npm, ...install], folder) : await run("npm", install, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main() {
  if (!packagesFit()) {
    say("installing the npm packages (npm ci)");
    const code = await installPackages();
    if (code !== 0) return code;
  }
  if (existsSync(ownNode)) linkCommands();
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const node = existsSync(ownNode) ? ownNode : process.execPath;
  if (node !== ownNode && (major < 22 || (major === 22 && minor < 18))) {
    say(`this project needs Node 22.18 or later, its own could not be installed, and this is Node ${process.version}`);
    return 69;
  }
  return run(node, [join(root, "scripts", "task.ts"), ...process.argv.slice(2)]);
}

process.exitCode = await main();
