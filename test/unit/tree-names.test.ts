/**
 * Checks that an exported name means one thing in the whole project: no two files of apps/ and libs/ declare and export
 * the same name. A file may re-export a name that another file declares.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '../..');
const FILES = execFileSync('git', ['ls-files', 'apps/*.ts', 'libs/*.ts'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file.includes('/src/') && !file.endsWith('.test.ts'));

/** The names that a file declares and exports. */
function exportsOf(file: string): Set<string> {
  const source = ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.Latest);
  return new Set(source.statements.filter(isExported).flatMap(namesOf));
}

function isExported(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  return modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
}

/** The names that a statement declares. An export list, `export { a } from …`, declares none. */
function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.flatMap(({ name }) => namesIn(name));
  return 'name' in statement && statement.name ? namesIn(statement.name as ts.Identifier) : [];
}

/** The names that a declaration introduces: `a` of `a`, and `a` and `c` of `{ a, b: [c] }`. */
function namesIn(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isBindingElement(element) ? namesIn(element.name) : []));
}

it('no two files export one name for two things', () => {
  const filesByName = new Map<string, string[]>();
  for (const file of FILES) {
    for (const name of exportsOf(file)) filesByName.set(name, [...(filesByName.get(name) ?? []), file]);
  }
  // Otherwise the search for exports has failed.
  expect(filesByName.size).toBeGreaterThan(500);
  const duplicates = [...filesByName].filter(([, files]) => files.length > 1);
  expect(duplicates).toEqual([]);
});
