const { execFileSync } = require('node:child_process');
const { availableParallelism } = require('node:os');

// The one source that is generated: unit tests need it, and no build.
execFileSync(process.execPath, [`${__dirname}/scripts/lua-texts.mjs`]);

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
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['/dist/', '<rootDir>/.barkeep/'],
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
      testMatch: ['<rootDir>/{libs,apps,examples,test/unit,test/faults}/**/*.test.ts'],
    },
    { ...shared, ...services, displayName: 'integration', testMatch: ['<rootDir>/test/integration/**/*.test.ts'] },
    { ...shared, ...services, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.test.ts'] },
    // Only by `npm run test:compose`, which brings a Docker engine.
    ...(process.env.BARKEEP_COMPOSE_TESTS === '1'
      ? [{ ...shared, displayName: 'compose', testMatch: ['<rootDir>/test/compose/**/*.test.ts'] }]
      : []),
  ],
  reporters: ['default', '<rootDir>/test/support/setup/skip-reporter.cjs'],
  testTimeout: 60_000,
  // End-to-end tests mostly wait: two at once take little more than one.
  maxWorkers: Math.max(2, availableParallelism() - 1),
};
