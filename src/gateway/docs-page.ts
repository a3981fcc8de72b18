import { createHash } from "node:crypto";
import { errorCodes } from "../error-codes.ts";
import { optionFields } from "./contract/job-body.ts";
import type { Operation } from "./contract/operation.ts";
import { referenceEntry } from "./contract/reference.ts";
import { script, style } from "./docs-page-assets.ts";

/** A part of the page: what its place in the contents is called, and its text. */
interface Section {
  readonly id: string;
  readonly entry: string;
  readonly html: string;
}

/** The reference as one page: it loads nothing, and runs one script of its own, which searches it. */
export function docsPage(operations: readonly Operation[], version: string): Response {
  const tags = [...new Set(operations.map(({ tag }) => tag))];
  const groups = [
    ...tags.map((tag): [string, Section[]] => [
      upperFirst(tag),
      operations.filter((operation) => operation.tag === tag).map((operation) => operationSection(operation)),
    ]),
    ["A job's options", [optionsSection()]] as const,
    ["Errors", [errorsSection()]] as const,
  ];
  const contents = groups.map(
    ([title, sections]) =>
      `<h2>${escape(title)}</h2><ul>${sections.map(({ id, entry }) => `<li data-for="${id}"><a href="#${id}">${entry}</a></li>`).join("")}</ul>`,
  );
  const body = groups.map(
    ([title, sections]) =>
      `<h2>${escape(title)}</h2>${sections.map(({ id, html }) => `<section id="${id}">${html}</section>`).join("")}`,
  );
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sluice ${escape(version)}: the HTTP interface</title><style>${style}</style></head>
<body><nav><input id="search" type="search" placeholder="Search ( / )" aria-label="Search" autocomplete="off">${contents.join("")}</nav>
<main><header><h1>Sluice <small>${escape(version)}</small></h1>${introduction}</header><p id="none" hidden>Nothing on this page has all of these words.</p>${body.join("")}</main><script>${script}</script></body></html>`;
  return new Response(html, {
    headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": policy },
  });
}

const sourceOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Nothing but this very style and this very script; no frame, no form, no base. */
const policy = [
  "default-src 'none'",
  `style-src ${sourceOf(style)}`,
  `script-src ${sourceOf(script)}`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const introduction =
  '<p>One gate to every Slurm cluster. The same as <a href="/openapi.json">OpenAPI 3.1</a>, for programs.</p>' +
  "<p>Bodies are JSON, but for those of files, and unknown fields are refused. Failures are problems (RFC 9457) with one of the codes below, whether to try " +
  "again, and what to do. JSON answers to GET carry an <code>ETag</code>; <code>If-None-Match</code> spares the body. Every answer has " +
  "an <code>X-Request-Id</code>, which the gateway's log has too.</p>";

function operationSection(operation: Operation): Section {
  const { id, method, path, scope, summary, description, result, also = {} } = operation;
  const { parameters, curl } = referenceEntry(operation);
  const rows = parameters.map(
    ({ name, place, meaning }) => `<td><code>${escape(name)}</code></td><td>${place}</td><td>${prose(meaning)}</td>`,
  );
  const answers = Object.entries({ [result.status]: result.what, ...also }).map(
    ([status, what]) => `<b>${status}</b> ${escape(what)}`,
  );
  const name = `<b class="method ${method}">${method.toUpperCase()}</b>`;
  const html = [
    `<h3>${name} <code>${escape(path)}</code><a class="anchor" href="#${id}" aria-label="Link to ${id}">#</a></h3>`,
    `<p class="summary">${prose(summary)}.${description === undefined ? "" : ` ${prose(description)}`}</p>`,
    table(["Parameter", "In", "Meaning"], rows),
    `<p class="facts"><span class="scope">${scope === "public" ? "no token needed" : `scope ${scope}`}</span> ${answers.join(" · ")}</p>`,
    `<pre>${escape(curl)}</pre>`,
  ].join("");
  return { id, entry: `${name} ${escape(path.replace(/^\/v1/, ""))}`, html };
}

function optionsSection(): Section {
  const rows = [...optionFields].map(
    ([field, { name, help }]) =>
      `<td><code>${field}</code></td><td><code>--${escape(name)}</code></td><td>${escape(help)}</td>`,
  );
  return {
    id: "options",
    entry: "All of them",
    html: `<p>Beside its own fields a job's body takes sbatch's options by these names. A flag takes <code>true</code>, others text or a number as sbatch does.</p>${table(["Field", "sbatch", "Meaning"], rows)}`,
  };
}

function errorsSection(): Section {
  const rows = Object.entries(errorCodes).map(
    ([code, { http, meaning, remedy }]) =>
      `<td><code>${code}</code></td><td>${http}</td><td>${escape(meaning)} <em>${escape(remedy)}</em></td>`,
  );
  return { id: "errors", entry: "All codes", html: table(["Code", "HTTP", "Meaning, and what to do"], rows) };
}

function table(headings: readonly string[], rows: readonly string[]): string {
  if (rows.length === 0) return "";
  const head = headings.map((heading) => `<th>${heading}</th>`).join("");
  return `<table><thead><tr>${head}</tr></thead><tbody>${rows.map((row) => `<tr>${row}</tr>`).join("")}</tbody></table>`;
}

/** What each code means: where the `type` of a problem leads. */
export function errorsPage(): Response {
  const sections = Object.entries(errorCodes).map(
    ([code, { meaning, remedy, http }]) => `## ${code}\n\n${meaning}\n\n${remedy}\n\nHTTP ${http}\n`,
  );
  return new Response(`# Errors\n\n${sections.join("\n")}`, {
    headers: { "content-type": "text/markdown; charset=utf-8" },
  });
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** Text of ours, in which backticks stand around code. */
function prose(text: string): string {
  return escape(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
