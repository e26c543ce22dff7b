#!/usr/bin/env node
'use strict';
/** Starts the built command; on a clone that was not built yet it says how to build it. */
const { existsSync } = require('node:fs');
const path = require('node:path');

const entry = path.join(__dirname, '../dist/main.js');
if (existsSync(entry)) require(entry);
else {
  process.stderr.write('barkeep: not built yet; run "npm run build" (or "npm run demo", which builds it) first\n');
  process.exitCode = 1;
}
