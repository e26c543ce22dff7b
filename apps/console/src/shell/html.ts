/** `html`: templates that make preact's nodes, without a compiler. */
import { h, htm, type VNode } from '../vendor/index.js';

export const html = htm.bind(h) as (strings: TemplateStringsArray, ...values: unknown[]) => VNode;

/** A listener that takes the value of an input. */
export function onValue(take: (value: string) => void): (event: Event) => void {
  return (event) => take((event.target as HTMLInputElement).value);
}
