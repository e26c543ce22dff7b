/** `@barkeep/coordinator`: the HTTP service that owns sessions and streams them. The program itself is main.ts. */
export { startCoordinator, type Coordinator } from './coordinator.js';
export * from './http/answers.js';
export { SessionLifecycle, type SessionPageView, type SessionView } from './http/session-lifecycle.js';
