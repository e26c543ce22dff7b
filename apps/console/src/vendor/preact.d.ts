/** The types of preact; the build copies the module itself to this place (scripts/console-files.mjs). */
export * from 'preact';
