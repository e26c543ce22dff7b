/** Injection token of the frozen `Config`. */
export const CONFIG = Symbol('CONFIG');
