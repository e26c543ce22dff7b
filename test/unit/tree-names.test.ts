/**
 * Checks that an exported name means one thing in the whole project: no two files of apps/ and libs/ declare and export
 * the same name. A file may re-export a name that another file declares.
 */
import ts from 'typescript';
import { readTreeFile, treeFiles } from '../support/data/tree-files.js';

const FILES = treeFiles('apps/*.ts', 'libs/*.ts').filter(
  (file) => file.includes('/src/') && !file.endsWith('.test.ts'),
);

/** The names that a file declares and exports. */
function exportsOf(file: string): Set<string> {
  const source = ts.createSourceFile(file, readTreeFile(file), ts.ScriptTarget.Latest);
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
  expect(filesByName.size).toBeGreaterThan(500); // fewer would mean that the search for exports failed
  const duplicates = [...filesByName].filter(([, files]) => files.length > 1);
  expect(duplicates).toEqual([]);
});
