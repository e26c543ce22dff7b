/** `@barkeep/coordinator`: the HTTP service that owns sessions and streams them. The entry point of its process is main.ts. */
export { startCoordinator, type Coordinator } from './coordinator.js';
