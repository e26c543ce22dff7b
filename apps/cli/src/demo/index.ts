/** The demonstration. */
export { demoJson, demoText, importText } from './demo-report.js';
export { importDemoData, runDemo } from './run-demo.js';
export { csvFile, csvRow, makeMarket } from './market.js';
