/** Reads of a session that know its clock. */
export { type StoreCertificate, daysHashOf } from './certificate.js';
export { ClockedReads } from './clocked-reads.js';
export { dayAtClock } from './forming-read.js';
export { type OutsideRows } from './outside-counts.js';
export { OpenSession, type FillOptions } from './open-session.js';
export { SessionReader } from './session-reader.js';
