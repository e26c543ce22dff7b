/** The dialog "Ask again": shows what upkeep would request from which repositories, and starts upkeep when the user confirms. */
import type { UpkeepPlanAnswer } from '@barkeep/api';
import { apiPath, call } from '../data/index.js';
import { countText, numberText } from '../model/index.js';
import { button, Dialog, Failure, html, useResource } from '../shell/index.js';
import { useState } from 'preact/hooks';
import type { Selection } from './coverage.js';

/** Symbols that the dialog lists; it counts the others. */
const SHOWN_SYMBOLS = 8;

interface UpkeepDialogProperties {
  id: string;
  selection: Selection;
  onClose: () => void;
  onDone: () => void;
}

export function UpkeepDialog({ id, selection, onClose, onDone }: UpkeepDialogProperties) {
  const path = apiPath`/v1/sessions/${id}/upkeep`;
  const plan = useResource(JSON.stringify(selection), () =>
    call<UpkeepPlanAnswer>(path, { method: 'POST', body: { ...selection, dryRun: true } }),
  );
  const [error, setError] = useState<Error>();
  const canAsk = plan.value === undefined || plan.value.symbols.some(({ repositories }) => repositories.length > 0);
  const run = () =>
    void call(path, { method: 'POST', body: selection }).then(() => {
      onClose();
      onDone();
    }, setError);
  return html`<${Dialog} title="Ask again" onClose=${onClose}>
    <p>${`Session ${id}: ${scopeOf(selection)}.`}</p>
    <${Failure} error=${error ?? plan.error} /> ${plan.value && html`<${Plan} plan=${plan.value} canAsk=${canAsk} />`}
    <div class="actions">
      ${button('Close', onClose)}
      ${button(canAsk ? 'Ask now' : 'Run upkeep', run, { class: 'primary', disabled: !plan.value })}
    </div>
  <//>`;
}

/** The selection as text, such as `ALPHA, 2024-03-04` or `3 symbols, 2024-03-04 to 2024-03-08`. */
function scopeOf({ symbols, from, to }: Selection): string {
  if (!symbols) return 'all symbols and days';
  const days = from === to ? from : `${from} to ${to}`;
  return `${symbols.length === 1 ? symbols[0] : countText(symbols.length, 'symbol')}, ${days}`;
}

function lineOf({ symbol, slots, gaps, repositories }: UpkeepPlanAnswer['symbols'][number]): string {
  const sources = repositories.length > 0 ? `, from ${repositories.join(', then ')}` : '';
  return `${symbol}: ${countText(slots, 'slot')} in ${countText(gaps, 'gap')}${sources}`;
}

/** @param canAsk false for a session without backfill */
function Plan({ plan, canAsk }: { plan: UpkeepPlanAnswer; canAsk: boolean }) {
  if (plan.slots === 0)
    return html`<p>No slot is empty. Upkeep would check the derived bars, and derive them again where needed.</p>`;
  const rest = plan.symbols.length - SHOWN_SYMBOLS;
  const line = (symbol: UpkeepPlanAnswer['symbols'][number]) => html`<li key=${symbol.symbol}>${lineOf(symbol)}</li>`;
  const action = canAsk
    ? 'Upkeep would ask for them:'
    : 'The session has no backfill that could be asked. Upkeep would only check the derived bars.';
  return html`<p>Empty slots: ${numberText(plan.slots)}. ${action}</p>
    <ul class="plain">
      ${plan.symbols.slice(0, SHOWN_SYMBOLS).map(line)}
      ${rest > 0 && html`<li>${`and ${countText(rest, 'more symbol')}`}</li>`}
    </ul>`;
}
