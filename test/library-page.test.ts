/** The page of the library says what index.ts exports, with what that is made of, and wants a sentence for each. */
import { expect, test } from 'vitest';
import { libraryPage } from '../scripts/docs/library-page.ts';
import { plantProject } from './helpers/planted-project.ts';

const shapes = `
export type Unit = 'a' | 'b';
const table = { x: 1, y: 2 };
/** What may be asked for. */
export type Asked = keyof typeof table;
interface Base {
  /** In bytes. */
  readonly size: number;
}
/** A thing. */
export interface Thing extends Base, AsyncDisposable {
  readonly unit: Unit;
  /** Tells | more. */
  tell(about: Asked, twice?: boolean): Promise<Unit>;
}
`;

test('functions, members with inherited ones, names behind names', () => {
  using project = plantProject({
    'src/shapes.ts': shapes,
    'src/index.ts': `import type { Thing } from './shapes.ts';
export type { Thing };
/**
 * Makes one.
 *
 * @param size in bytes
 * @throws when there is none
 */
export function make(size: number, thing: Thing | null = null): Thing {
  if (thing === null) throw new Error(String(size));
  return thing;
}
`,
  });
  const page = libraryPage(project.root);
  expect(page.slice(page.indexOf('## Functions'))).toBe(`## Functions

### \`make\`

Makes one.

\`\`\`ts
function make(size: number, thing?: Thing | null): Thing;
\`\`\`

* *param* size in bytes
* *throws* when there is none

## Types

### \`Thing\`

A thing.

Extends \`AsyncDisposable\`.

| name | type | |
|---|---|---|
| \`unit\` | \`Unit\` |  |
| \`tell\` | \`(about: Asked, twice?: boolean) => Promise<Unit>\` | Tells \\| more. |
| \`size\` | \`number\` | In bytes. |

## Named by these

What the types above are made of. Not exported: write \`Receipt['status']\`, for example.

### \`Unit\`

\`\`\`ts
type Unit = 'a' | 'b';
\`\`\`

### \`Asked\`

What may be asked for.

\`\`\`ts
type Asked =
  | "x"
  | "y";
\`\`\`
`);
});

test('an export without a doc comment is an error', () => {
  using project = plantProject({ 'src/index.ts': 'export function bare(): void {}\n' });
  expect(() => libraryPage(project.root)).toThrow('bare is exported and has no doc comment');
});
