/** `html`: templates that make preact's nodes, without a compiler. */
import { h, htm, type VNode } from '../vendor/index.js';

export const html = htm.bind(h) as (strings: TemplateStringsArray, ...values: unknown[]) => VNode;
