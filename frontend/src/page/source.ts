// The source panel: whatever has data-source opens there, beside the fact; Esc goes back to where it was opened.
import { announce, isPageKey } from './letters';

const panel = () => document.getElementById('source-panel');
let opener: { element: HTMLElement | SVGElement; host: Element } | null = null;

function open(url: string, element: HTMLElement | SVGElement, host: Element = element): void {
  const target = panel();
  if (!target) return location.assign(url);
  opener = { element, host };
  document.querySelector('[data-source][aria-expanded="true"]')?.setAttribute('aria-expanded', 'false');
  if (element.matches('[aria-expanded]')) element.setAttribute('aria-expanded', 'true');
  target.setAttribute('aria-busy', 'true');
  void htmx.ajax('GET', url, { target, swap: 'innerHTML' });
}

/** Back to the chip. A timeline may have redrawn its mark meanwhile: then its one tab stop takes the focus. */
function back(): void {
  const from = opener;
  opener = null;
  if (!from) return;
  if (document.querySelector('tb-deck') || from.element.closest('[data-closes-source]')) panel()?.replaceChildren();
  if (from.element.matches('[aria-expanded]')) from.element.setAttribute('aria-expanded', 'false');
  const element = from.element.isConnected ? from.element : from.host.querySelector<HTMLElement>('[tabindex="0"]');
  element?.focus();
}

/** Only when the panel itself was the target: a polled fragment elsewhere must leave the caret where it is. */
function focusPanel(event: Event): void {
  const target = (event as CustomEvent).detail?.ctx?.target as Element | undefined;
  const box = panel();
  if (!box || target !== box) return;
  box.removeAttribute('aria-busy');
  box.focus({ preventScroll: matchMedia('(min-width: 70rem)').matches });
  const mark = box.querySelector('mark');
  const passage = mark?.closest<HTMLElement>('blockquote');
  if (mark && passage) passage.scrollTop = mark.offsetTop - passage.offsetTop - passage.clientHeight / 3;
}

function failed(event: Event): void {
  const { ctx } = (event as CustomEvent).detail ?? {};
  const box = panel();
  const words = 'The server did not answer. Check the connection and try again.';
  if (!ctx || ctx.target !== box || !box) return announce(words);
  const note = Object.assign(document.createElement('p'), { className: 'state state-error', textContent: words });
  note.setAttribute('role', 'alert');
  box.removeAttribute('aria-busy');
  box.replaceChildren(note);
}

export function sourcePanel(): void {
  document.addEventListener('click', (event) => {
    const target = event.target as Element;
    const chip = target.closest<HTMLElement>('[data-source]');
    if (chip?.dataset.source) open(chip.dataset.source, chip);
    else if (target.closest('[data-close-source]')) back();
  });
  document.addEventListener('tb:source', (event) => {
    const { source } = (event as CustomEvent<{ source: string }>).detail;
    if (source) open(source, document.activeElement as SVGElement, event.target as Element);
  });
  document.addEventListener('keydown', (event) => {
    const inPanel = panel()?.contains(event.target as Node);
    if (event.key === 'Escape' && (inPanel || isPageKey(event)) && !document.querySelector('dialog[open]')) back();
  });
  document.addEventListener('htmx:after:swap', focusPanel);
  document.addEventListener('htmx:error', failed);
}
