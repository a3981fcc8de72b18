import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseAst } from "rolldown/parseAst";

type Program = ReturnType<typeof parseAst>;
type Statement = Program["body"][number];
type Declaration = NonNullable<Extract<Statement, { type: "ExportNamedDeclaration" }>["declaration"]>;

/** Something that a module gives, as its source has it. */
export interface Exported {
  readonly name: string;
  readonly kind: "class" | "interface" | "type" | "function" | "constant";
  /** The text of its TSDoc. */
  readonly doc: string;
  /** Without the bodies of functions and of what has members. */
  readonly signature: string;
  readonly members: readonly Member[];
  /** File and position of the declaration, which tell apart what two modules call the same. */
  readonly place: string;
  /** Whether it is a function with its body. */
  readonly hasBody?: boolean;
}

export interface Member {
  readonly signature: string;
  readonly doc: string;
}

interface Module {
  readonly path: string;
  readonly text: string;
  readonly body: Program["body"];
}

/** What a module exports, in the order in which it says so; `doc` is the TSDoc that the file begins with. */
export function exportedNames(path: string): { readonly doc: string; readonly exported: readonly Exported[] } {
  const module = parse(path);
  const first = /^\s*\/\*\*[^]*?\*\/(?=\s*\n\s*\n|\s*\n(?:import|export (?:type )?[{*]))/.exec(module.text);
  return { doc: first === null ? "" : docText(first[0]), exported: withOverloads(namesOf(module)) };
}

const parsed = new Map<string, Module>();

function parse(path: string): Module {
  const known = parsed.get(path);
  if (known !== undefined) return known;
  const text = readFileSync(path, "utf8");
  const module = { path, text, body: parseAst(text, { lang: "ts" }, path).body };
  parsed.set(path, module);
  return module;
}

function namesOf(module: Module): Exported[] {
  return module.body.flatMap((statement) => {
    if (statement.type === "ExportAllDeclaration")
      return namesOf(parse(join(dirname(module.path), statement.source.value)));
    if (statement.type !== "ExportNamedDeclaration") return [];
    if (statement.declaration !== null) return declared(module, statement.declaration, statement.start);
    return statement.specifiers.flatMap(({ local, exported }) => {
      const found = find(module, nameOf(local), statement.source?.value);
      return found === undefined ? [] : [{ ...found, name: nameOf(exported) }];
    });
  });
}

/** What a name stands for in a module, or in the one that it comes from. */
function find(module: Module, name: string, source: string | undefined): Exported | undefined {
  if (source !== undefined) {
    if (!source.startsWith(".")) return undefined;
    return withOverloads(namesOf(parse(join(dirname(module.path), source)))).find((one) => one.name === name);
  }
  for (const statement of module.body) {
    if (statement.type !== "ImportDeclaration") continue;
    const binding = statement.specifiers.find(({ local }) => local.name === name);
    if (binding?.type === "ImportSpecifier") return find(module, nameOf(binding.imported), statement.source.value);
  }
  const all = module.body.flatMap((statement) => declared(module, statement, statement.start));
  return withOverloads(all).find((one) => one.name === name);
}

/** What is declared several times as one: overloads, without the one that has the body; an interface, and a constant of its name. */
function withOverloads(all: readonly Exported[]): Exported[] {
  const merged = new Map<string, Exported>();
  for (const one of all) {
    const before = merged.get(one.name);
    merged.set(one.name, before === undefined ? one : together(before, one));
  }
  return [...merged.values()];
}

function together(before: Exported, one: Exported): Exported {
  if (one.hasBody === true) return before;
  return {
    ...before,
    doc: [before.doc, one.doc].filter((text) => text !== "").join("\n\n"),
    signature: `${before.signature}\n${one.signature}`,
    members: [...before.members, ...one.members],
  };
}

function nameOf(node: { readonly type: string; readonly name?: string; readonly value?: unknown }): string {
  return node.name ?? String(node.value);
}

/** What a statement declares; `start` is where it begins, its `export` included. */
function declared(module: Module, statement: Statement | Declaration, start: number): Exported[] {
  const { text, path } = module;
  const own = { doc: docBefore(text, start), place: `${path}:${String(statement.start)}` };
  const slice = (from: number, to: number): string => oneLine(text.slice(from, to));
  if (statement.type === "ClassDeclaration") {
    const members = statement.body.body.flatMap((member) => classMember(text, member));
    const signature = slice(statement.start, statement.body.start);
    return [{ ...own, name: statement.id?.name ?? "", kind: "class", signature, members }];
  }
  if (statement.type === "TSInterfaceDeclaration") {
    const members = statement.body.body.flatMap((member) => interfaceMember(text, member));
    const signature = slice(statement.start, statement.body.start);
    return [{ ...own, name: statement.id.name, kind: "interface", signature, members }];
  }
  if (statement.type === "TSTypeAliasDeclaration") {
    const members = membersOf(module, statement.typeAnnotation);
    return [
      { ...own, name: statement.id.name, kind: "type", signature: slice(statement.start, statement.end), members },
    ];
  }
  if (statement.type === "TSDeclareFunction" || statement.type === "FunctionDeclaration") {
    const signature = slice(statement.start, statement.body?.start ?? statement.end);
    const hasBody = statement.body !== null;
    return [{ ...own, name: statement.id?.name ?? "", kind: "function", signature, members: [], hasBody }];
  }
  if (statement.type !== "VariableDeclaration") return [];
  return statement.declarations.flatMap(({ id, init }): Exported[] => {
    if (id.type !== "Identifier") return [];
    const members = objectMembers(text, id.name, init?.type === "TSAsExpression" ? init.expression : init);
    return [{ ...own, name: id.name, kind: "constant", signature: `const ${slice(id.start, id.end)}`, members }];
  });
}

/** Functions of an object that is written out. */
function objectMembers(text: string, name: string, value: Expression | null | undefined): Member[] {
  if (value?.type !== "ObjectExpression") return [];
  return value.properties.flatMap((property) => {
    if (property.type !== "Property" || property.value.type !== "FunctionExpression") return [];
    const signature = oneLine(text.slice(property.start, property.value.body?.start ?? property.end));
    return described(`${name}.${signature}`, docBefore(text, property.start));
  });
}

type ClassMember = Extract<Statement, { body: { type: "ClassBody" } }>["body"]["body"][number];
type InterfaceMember = Extract<Statement, { type: "TSInterfaceDeclaration" }>["body"]["body"][number];
type Expression = NonNullable<Extract<Statement, { type: "VariableDeclaration" }>["declarations"][number]["init"]>;
type TypeNode = Extract<Statement, { type: "TSTypeAliasDeclaration" }>["typeAnnotation"];

function classMember(text: string, member: ClassMember): Member[] {
  if (member.type !== "MethodDefinition" && member.type !== "PropertyDefinition") return [];
  const isHidden =
    member.key.type === "PrivateIdentifier" ||
    member.accessibility === "private" ||
    member.accessibility === "protected";
  if (isHidden) return [];
  const body = member.type === "MethodDefinition" ? member.value.body?.start : undefined;
  const value = member.type === "PropertyDefinition" ? member.value?.start : undefined;
  const signature = oneLine(text.slice(member.start, body ?? value ?? member.end))
    .replace(/^(?:(?:public|override|async|readonly)\s+)+/, "")
    .replace(/^static async /, "static ")
    .replace(/\s*=$/, "");
  return described(signature, docBefore(text, member.start));
}

function interfaceMember(text: string, member: InterfaceMember): Member[] {
  const signature = oneLine(text.slice(member.start, member.end)).replace(/^readonly /, "");
  return described(signature, docBefore(text, member.start));
}

/** What a type has by itself or by interfaces that its module keeps to itself. */
function membersOf(module: Module, type: TypeNode): Member[] {
  if (type.type === "TSIntersectionType") return type.types.flatMap((part) => membersOf(module, part));
  if (type.type === "TSTypeLiteral") return type.members.flatMap((member) => interfaceMember(module.text, member));
  if (type.type !== "TSTypeReference" || type.typeName.type !== "Identifier") return [];
  const { name } = type.typeName;
  return module.body.flatMap((statement) =>
    statement.type === "TSInterfaceDeclaration" && statement.id.name === name
      ? statement.body.body.flatMap((member) => interfaceMember(module.text, member))
      : [],
  );
}

function described(signature: string, doc: string): Member[] {
  // Names that are symbols of the module's own are for its own.
  if (/@internal\b/.test(doc) || /^\[(?!key|name|Symbol)/.test(signature)) return [];
  const short = signature.replace(/;$/, "").replace(/(\?: .*?)(?: \| null)? \| undefined$/, "$1");
  return [{ signature: short, doc }];
}

/** The TSDoc that stands right before a position. */
function docBefore(text: string, start: number): string {
  const found = /\/\*\*(?:(?!\*\/)[^])*\*\/\s*$/.exec(text.slice(0, start));
  return found === null ? "" : docText(found[0]);
}

function docText(comment: string): string {
  return comment
    .trim()
    .replace(/^\/\*\*/, "")
    .replace(/\*\/$/, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""))
    .join("\n")
    .replace(/\{@link(?:code)? ([^}\s|]+)[^}]*\}/g, "`$1`")
    .trim();
}

function oneLine(text: string): string {
  return text
    .replace(/\/\*\*?[^]*?\*\//g, "")
    .replace(/\s+/g, " ")
    .replace(/([(<[]) /g, "$1")
    .replace(/,? ([)>\]])/g, "$1")
    .replace(/[;,] }/g, " }")
    .replace(/([=:<(]) \| /g, "$1 ")
    .trim();
}
