/** The type of htm, whose own types are those of a CommonJS module; the build copies the module to this place (scripts/console-files.mjs). */
declare const htm: {
  /** Binds the template tag to a function that makes a node. */
  bind: (h: unknown) => (strings: TemplateStringsArray, ...values: unknown[]) => unknown;
};
export default htm;
