/** `@barkeep/coordinator`: the HTTP service that owns sessions and streams them. The program itself is main.ts. */
export { startCoordinator, type Coordinator } from './coordinator.js';
