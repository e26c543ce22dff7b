/** Injection token of the `Tracing`. */
export const TRACING = Symbol('TRACING');
/** Injection token of the frozen `Config`. */
export const CONFIG = Symbol('CONFIG');
