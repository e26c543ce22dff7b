/** The types of preact's hooks; the build copies the module itself to this place (scripts/console-files.mjs). */
export * from 'preact/hooks';
