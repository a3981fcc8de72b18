import { compareBytes } from "../names/compare-bytes.ts";
import { labelKeyProblems, labelValueProblems } from "../names/label-syntax.ts";
import { quoteGo } from "../names/quote-go.ts";
import { decodeParams } from "./decode-params.ts";
import type { Decoded, ParamTable } from "./param-table.ts";
import type { ParamMap, ParamValue } from "./param-value.ts";
import { TopologyError } from "../topology-error.ts";

/** A LabelSelector of the Kubernetes API (`metav1.LabelSelector`). */
export const labelSelectorParams = {
  matchLabels: { type: "string-map", doc: "Labels that all have to be there." },
  matchExpressions: {
    type: "any",
    doc: "Conditions that all have to hold: `{key, operator: In | NotIn | Exists | DoesNotExist, values}`.",
  },
} as const satisfies ParamTable;

const requirementParams = {
  key: { type: "string", doc: "The label." },
  operator: { type: "string", doc: "`In`, `NotIn`, `Exists` or `DoesNotExist`." },
  values: { type: "string-list", doc: "For `In` and `NotIn`." },
} as const satisfies ParamTable;

/**
 * Writes a selector as requests to the API server carry it, its terms in the order of labels; empty where nothing is selected by. Throws
 * `TopologyError` (400) for an operator that there is not, for values where none go or none are, and for what no label can be.
 */
export function toLabelSelector(selector: Decoded<typeof labelSelectorParams> | undefined): string {
  const equalities = Array.from(selector?.matchLabels ?? [], ([key, value]) => {
    insistOnLabel(key, [value]);
    return { key, term: `${key}=${value}` };
  });
  const conditions = toList(selector?.matchExpressions).map((entry) => {
    const { key = "", operator = "", values = [] } = decodeParams(requirementParams, entry);
    return { key, term: toTerm(key, operator, values) };
  });
  return [...equalities, ...conditions]
    .sort((left, right) => compareBytes(left.key, right.key))
    .map(({ term }) => term)
    .join(",");
}

function toTerm(key: string, operator: string, values: readonly string[]): string {
  const isListing = operator === "In" || operator === "NotIn";
  if (!isListing && operator !== "Exists" && operator !== "DoesNotExist") {
    throw refused(`${quoteGo(operator)} is not a valid label selector operator`);
  }
  insistOnLabel(key, values);
  if (isListing) {
    const listed = [...new Set(values)].sort(compareBytes).join(",");
    if (values.length > 0) return `${key} ${operator.toLowerCase()} (${listed})`;
    throw refused("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty");
  }
  if (values.length === 0) return operator === "Exists" ? key : `!${key}`;
  throw refused("values: Invalid value: values set must be empty for exists and does not exist");
}

/** The API server would refuse these too, which looks like a failure that passes. The words are those of Kubernetes' own client. */
function insistOnLabel(key: string, values: readonly string[]): void {
  const inKey = labelKeyProblems(key);
  if (inKey.length > 0) throw refused(`key: Invalid value: ${quoteGo(key)}: ${inKey.join("; ")}`);
  for (const [index, value] of values.entries()) {
    const inValue = labelValueProblems(value);
    if (inValue.length === 0) continue;
    throw refused(`values[${index}][${key}]: Invalid value: ${quoteGo(value)}: ${inValue.join("; ")}`);
  }
}

function toList(value: ParamValue | undefined): readonly ParamMap[] {
  if (value === undefined || value === null) return [];
  const entries = Array.isArray(value) ? value : undefined;
  const maps = entries?.filter((entry: ParamValue): entry is ParamMap => entry instanceof Map);
  if (maps !== undefined && maps.length === entries?.length) return maps;
  throw refused("matchExpressions must be a list of {key, operator, values}");
}

function refused(words: string): TopologyError {
  return new TopologyError(400, words);
}
