/** Templates that make preact's nodes, without a compiler, and what they need. */
export { html } from 'htm/preact';

/** A listener that takes the value of an input. */
export function onValue(take: (value: string) => void): (event: Event) => void {
  return (event) => take((event.target as HTMLInputElement).value);
}
