/** The console in the browser. */
export { CONSOLE_PAGES, CONSOLE_PATH, consolePages } from './console-pages.js';
