/** Modules for programs that tests start with `node -e`: Node alone cannot import TypeScript. */

/** Code that compiles a module and has its exports in `exported`. @param file its path; it may import only packages */
export function importingCode(file: string): string {
  return `
    const { transformFileSync } = require('@swc/core');
    const { code } = transformFileSync(${JSON.stringify(file)}, {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' },
    });
    const exported = {};
    new Function('exports', 'require', code)(exported, require);`;
}
