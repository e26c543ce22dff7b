export * from './errors.js';
export * from './keys.js';
export * from './layout.js';
export * from './open-session.js';
export * from './remove.js';
export * from './session-reader.js';
export { ScriptReplyError } from './scripts/script.js';
export * from './upkeep-store.js';
export * from './writer.js';
