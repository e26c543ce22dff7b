const { execFileSync } = require('node:child_process');
const { availableParallelism } = require('node:os');

// Generates the only source file that is not in Git, so that unit tests need no build.
execFileSync(process.execPath, [`${__dirname}/scripts/lua-texts.mjs`]);

// Jest takes a `[` of the path in `<rootDir>` for a part of a pattern, so the patterns below have the path themselves.
/** This folder as a glob, in which `?` is any character. */
const glob = __dirname.replace(/[[\](){}*?+]/g, '?');
/** This folder as a regular expression. */
const regex = __dirname.replace(/[[\](){}*?+.^$|\\]/g, '\\$&');

const swc = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    keepClassNames: true,
    target: 'es2023',
  },
  module: { type: 'commonjs' },
};

/** Settings that every tier shares; `@barkeep/x` is read from its sources, so that unit tests need no build. */
const shared = {
  testEnvironment: 'node',
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  moduleNameMapper: {
    '^@barkeep/coordinator$': '<rootDir>/apps/coordinator/src/index.ts',
    '^@barkeep/(.*)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1', // imports name the built file, and Jest loads its source
  },
  modulePathIgnorePatterns: [`${regex}/(.*/)?dist/`, `${regex}/.barkeep/`],
};

const services = {
  globalSetup: '<rootDir>/test/support/setup/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/setup/global-teardown.ts',
};

module.exports = {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: [`${glob}/{libs,apps,examples,test/unit,test/faults}/**/*.test.ts`],
    },
    { ...shared, ...services, displayName: 'integration', testMatch: [`${glob}/test/integration/**/*.test.ts`] },
    { ...shared, ...services, displayName: 'e2e', testMatch: [`${glob}/test/e2e/**/*.test.ts`] },
    // Only in `npm run test:compose`, which provides a Docker engine.
    ...(process.env.BARKEEP_COMPOSE_TESTS === '1'
      ? [{ ...shared, displayName: 'compose', testMatch: [`${glob}/test/compose/**/*.test.ts`] }]
      : []),
  ],
  reporters: ['default', '<rootDir>/test/support/setup/skip-reporter.cjs'],
  testTimeout: 60_000,
  // At least two, also on two cores: end-to-end tests mostly wait, so two at once take little longer than one.
  maxWorkers: Math.max(2, availableParallelism() - 1),
};
