import { Buffer } from "node:buffer";

/** What an API server takes as names and values of labels; sentences as Kubernetes says them (apimachinery's `validation`). */

const name = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const subdomain = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const longest = 63;
const longestPrefix = 253;

const nameRule = `must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${name}')`;
const valueRule = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${name})?')`;
const prefixRule = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`;

const nameSyntax = new RegExp(`^${name}$`);
const valueSyntax = new RegExp(`^(${name})?$`);
const prefixSyntax = new RegExp(`^${subdomain}$`);

/** What is wrong with a label's name (`example.com/name`); empty where it is right. */
export function labelKeyProblems(key: string): readonly string[] {
  const parts = key.split("/");
  if (parts.length > 2) {
    return [`a qualified name ${nameRule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const [prefix, own] = parts.length === 2 ? parts : [undefined, parts[0]];
  return [...prefixProblems(prefix), ...ownNameProblems(own ?? "")];
}

/** What is wrong with a label's value; empty where it is right. */
export function labelValueProblems(value: string): readonly string[] {
  return [
    ...(bytesOf(value) > longest ? [`must be no more than ${longest} characters`] : []),
    ...(valueSyntax.test(value) ? [] : [valueRule]),
  ];
}

function prefixProblems(prefix: string | undefined): readonly string[] {
  if (prefix === undefined) return [];
  if (prefix === "") return ["prefix part must be non-empty"];
  return [
    ...(bytesOf(prefix) > longestPrefix ? [`prefix part must be no more than ${longestPrefix} characters`] : []),
    ...(prefixSyntax.test(prefix) ? [] : [`prefix part ${prefixRule}`]),
  ];
}

function ownNameProblems(own: string): readonly string[] {
  const length =
    own === ""
      ? ["name part must be non-empty"]
      : bytesOf(own) > longest
        ? [`name part must be no more than ${longest} characters`]
        : [];
  return [...length, ...(nameSyntax.test(own) ? [] : [`name part ${nameRule}`])];
}

/** Kubernetes says characters and counts bytes. */
function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}
