/** The types of lightweight-charts; the build copies the module itself to this place (scripts/console-files.mjs). */
export * from 'lightweight-charts';
