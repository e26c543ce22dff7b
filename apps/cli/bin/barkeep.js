#!/usr/bin/env node
'use strict';
/** Starts the built command. In a clone without a build it prints how to build one. */
const { existsSync } = require('node:fs');
const path = require('node:path');

const entry = path.join(__dirname, '../dist/main.js');
if (existsSync(entry)) require(entry);
else {
  process.stderr.write('barkeep: not built yet; run "npm run build" (or "npm run demo", which builds it) first\n');
  process.exitCode = 1;
}
