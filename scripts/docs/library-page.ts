/**
 * The page of the library: what src/index.ts exports, as the compiler understands it, with its doc comments. It asks the
 * compiler through an interface that TypeScript 7 calls unstable: the version is pinned, and what changes shows in the page.
 */
import { join } from 'node:path';
import {
  isClassDeclaration,
  isFunctionDeclaration,
  isInterfaceDeclaration,
  isPropertyDeclaration,
  isPropertySignatureDeclaration,
  isTypeAliasDeclaration,
  isTypeQueryNode,
  isTypeReferenceNode,
  type Node,
} from 'typescript/unstable/ast';
import {
  API,
  NodeBuilderFlags,
  type Project,
  type Symbol as Named,
  SymbolFlags,
} from 'typescript/unstable/sync';
import { cell, code, written } from './markdown.ts';

/** A name and where it is declared in src/. */
interface Declared {
  readonly symbol: Named;
  readonly node: Node;
}

/** @param root the folder of tsconfig.json */
export function libraryPage(root: string): string {
  const api = new API({ cwd: root });
  try {
    const project = api.updateSnapshot({ openProjects: [join(root, 'tsconfig.json')] }).getProjects()[0];
    if (project === undefined) throw new Error('no project is open');
    return new LibraryPage(project, root).text();
  } finally {
    api.close();
  }
}

class LibraryPage {
  readonly #project: Project;
  readonly #root: string;

  constructor(project: Project, root: string) {
    this.#project = project;
    this.#root = root;
  }

  text(): string {
    const exported = this.#exported();
    const named = this.#namedBy(exported);
    const functions = exported.filter(({ node }) => isFunctionDeclaration(node));
    const types = exported.filter(({ node }) => !isFunctionDeclaration(node));
    return [
      '# Library',
      written,
      '',
      'What the package `longhaul` exports. Times are in seconds, sizes in bytes, lines count from 1 and byte offsets from 0. The',
      'codes of errors are those of [errors.md](errors.md), and what is called reject those of [rejects.md](rejects.md).',
      '',
      '## Functions',
      ...functions.flatMap((one) => this.#functionSection(one)),
      '',
      '## Types',
      ...types.flatMap((one) => this.#typeSection(one)),
      '',
      '## Named by these',
      '',
      "What the types above are made of. Not exported: write `Receipt['status']`, for example.",
      ...named.flatMap((one) => this.#typeSection(one)),
      '',
    ].join('\n');
  }

  /** What index.ts itself declares first: the rest is what that hands out. */
  #exported(): Declared[] {
    const { program, checker } = this.#project;
    const index = join(this.#root, 'src/index.ts');
    const module = checker.getSymbolAtLocation(certain(program.getSourceFile(index)));
    if (module === undefined) throw new Error(`${index} exports nothing`);
    const all = checker.getExportsOfModule(module).map((symbol) => certain(this.#declared(symbol)));
    const isOwn = ({ node }: Declared): boolean => node.getSourceFile().fileName === index;
    const [own, others] = [all.filter(isOwn), all.filter((one) => !isOwn(one))];
    for (const { symbol } of all) {
      if (this.#doc(symbol) === '') throw new Error(`${symbol.name} is exported and has no doc comment`);
    }
    return [...own, ...others];
  }

  /** Null for what the language or a package declares. */
  #declared(symbol: Named): Declared | null {
    const isAlias = (symbol.flags & SymbolFlags.Alias) !== 0;
    const target = isAlias ? this.#project.checker.getAliasedSymbol(symbol) : symbol;
    const node = target.declarations[0]?.resolve();
    if (node?.getSourceFile().fileName.startsWith(join(this.#root, 'src/')) !== true) return null;
    return { symbol: target, node };
  }

  /** The types that these, and so on, are made of and that are not among these. */
  #namedBy(exported: readonly Declared[]): Declared[] {
    const found = new Map(exported.map((one) => [one.symbol.id, one]));
    // A map goes on with what is added while it is walked.
    for (const { symbol, node } of found.values()) {
      for (const part of this.#describedBy(symbol, node)) {
        for (const one of this.#references(part)) found.set(one.symbol.id, one);
      }
    }
    return [...found.values()].slice(exported.length);
  }

  /** The nodes that the section of this name shows. */
  #describedBy(symbol: Named, node: Node): readonly Node[] {
    if (isFunctionDeclaration(node))
      return [...node.parameters, ...(node.type === undefined ? [] : [node.type])];
    return hasMembers(node) ? this.#members(symbol).map((member) => member.node) : [node];
  }

  #references(node: Node): Declared[] {
    const found: Declared[] = [];
    const visit = (part: Node): void => {
      if (isTypeReferenceNode(part)) {
        const symbol = this.#project.checker.getSymbolAtLocation(part.typeName);
        const declared = symbol === undefined ? null : this.#declared(symbol);
        if (declared !== null) found.push(declared);
      }
      part.forEachChild(visit);
    };
    visit(node);
    return found;
  }

  /** Inherited ones too; not those of a class of the language, as `Error`. */
  #members(symbol: Named): Declared[] {
    const { checker } = this.#project;
    const properties = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol));
    return properties.map((property) => this.#declared(property)).filter((one) => one !== null);
  }

  #functionSection({ symbol, node }: Declared): string[] {
    const { checker, emitter } = this.#project;
    const signature = certain(checker.getSignatureFromDeclaration(node));
    const declaration = certain(checker.signatureToSignatureDeclaration(signature, node.kind, node));
    const text = emitter.printNode(declaration).replace(/^function /, `function ${symbol.name}`);
    return [...section(symbol.name, this.#doc(symbol)), '', ...fenced(text), ...this.#tags(symbol)];
  }

  #tags(symbol: Named): string[] {
    const tags = this.#project.checker.getJsDocTagsOfSymbol(symbol);
    return tags.length === 0
      ? []
      : ['', ...tags.map(({ name, text = '' }) => `* *${name}* ${oneLine(text)}`)];
  }

  #typeSection({ symbol, node }: Declared): string[] {
    const head = section(symbol.name, this.#doc(symbol));
    if (!hasMembers(node)) return [...head, '', ...fenced(this.#aliasText(symbol, node))];
    const rows = this.#members(symbol).map((member) => this.#memberRow(member));
    return [...head, ...this.#extends(node), '', '| name | type | |', '|---|---|---|', ...rows];
  }

  /** What is not ours: its members are not among those shown. */
  #extends(node: Node): string[] {
    const clauses =
      isInterfaceDeclaration(node) || isClassDeclaration(node) ? node.heritageClauses : undefined;
    const types = (clauses ?? [])
      .flatMap((clause) => [...clause.types])
      .filter(({ expression }) => {
        const symbol = this.#project.checker.getSymbolAtLocation(expression);
        return symbol === undefined || this.#declared(symbol) === null;
      });
    return types.length === 0 ? [] : ['', `Extends ${types.map((type) => code(type.getText())).join(', ')}.`];
  }

  /** As it is written, unless that is only where the names come from. */
  #aliasText(symbol: Named, node: Node): string {
    if (!isTypeAliasDeclaration(node)) throw new Error(`${symbol.name} is of no kind that has a section`);
    const text = isQuery(node.type) ? this.#spelledOut(symbol, node) : node.type.getText();
    return `type ${symbol.name} = ${text};`.replace('= |', '=\n  |');
  }

  #spelledOut(symbol: Named, node: Node): string {
    const { checker } = this.#project;
    const flags = NodeBuilderFlags.NoTruncation | NodeBuilderFlags.InTypeAlias;
    const text = checker.typeToString(checker.getDeclaredTypeOfSymbol(symbol), node, flags);
    return `| ${text.replaceAll(' | ', '\n  | ')}`;
  }

  #memberRow({ symbol, node }: Declared): string {
    const { checker } = this.#project;
    const name = nameOf(node) + ((symbol.flags & SymbolFlags.Optional) === 0 ? '' : '?');
    // As it is written, with the names of types; the compiler would spell them out.
    const type =
      isPropertySignatureDeclaration(node) || isPropertyDeclaration(node) ? node.type?.getText() : undefined;
    const shown =
      type ??
      checker.typeToString(certain(checker.getTypeOfSymbol(symbol)), node, NodeBuilderFlags.NoTruncation);
    return `| ${code(name)} | ${code(oneLine(shown))} | ${cell(this.#doc(symbol))} |`;
  }

  #doc(symbol: Named): string {
    return this.#project.checker.getDocumentationCommentOfSymbol(symbol);
  }
}

/** What the compiler cannot be without. */
function certain<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('the compiler knows nothing of src/index.ts');
  return value;
}

function nameOf(node: Node): string {
  return (node as Node & { readonly name: Node }).name.getText();
}

/** Whether any part of the type is `typeof` something. */
function isQuery(type: Node): boolean {
  return isTypeQueryNode(type) || type.forEachChild((part) => isQuery(part) || undefined) === true;
}

function hasMembers(node: Node): boolean {
  return isInterfaceDeclaration(node) || isClassDeclaration(node);
}

function section(name: string, text: string): string[] {
  return ['', `### ${code(name)}`, ...(text === '' ? [] : ['', text])];
}

function fenced(text: string): string[] {
  return ['```ts', text, '```'];
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
