/** The console in the browser. */
export { CONSOLE_PAGES, consolePages } from './console-pages.js';
