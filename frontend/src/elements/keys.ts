// <tb-keys><dialog id="keys">…</dialog></tb-keys>: the page's keys; the dialog lists them and switches them off.
// j k next and previous section; s source of the focused fact; ? this list. Esc is the source panel's (page/source.ts).
import { isPageKey, lettersOn, setLetters } from '../page/letters';
import { TbElement } from './element';

export class TbKeys extends TbElement {
  protected start(): void {
    const { signal } = this;
    document.addEventListener('keydown', (event) => this.onKey(event), { signal });
    const box = this.querySelector<HTMLInputElement>('[data-letters]');
    if (!box) return;
    box.checked = lettersOn();
    box.addEventListener('change', () => setLetters(box.checked), { signal });
  }

  private onKey(event: KeyboardEvent): void {
    if (!isPageKey(event)) return;
    if (event.key === '?') this.querySelector('dialog')?.showModal();
    else if (event.key === 'j') section(1);
    else if (event.key === 'k') section(-1);
    else if (event.key === 's') source();
    else return;
    event.preventDefault();
  }
}

function section(by: 1 | -1): void {
  const sections = [...document.querySelectorAll<HTMLElement>('[data-section]')];
  const at = sections.findIndex((one) => one.contains(document.activeElement));
  const next = sections[Math.max(0, Math.min(sections.length - 1, at + by))];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: 'start' });
}

/** Of the focused fact; else the first of the section or slide that is being looked at. */
function source(): void {
  const focus = document.activeElement;
  const slide = document.querySelector('[data-slide]:not([hidden])');
  const around = [focus?.closest('.fact, tr, li'), focus?.closest('[data-section]'), slide];
  if (focus instanceof HTMLElement && focus.dataset.source) return focus.click();
  for (const place of around) {
    const chip = place?.querySelector<HTMLElement>('[data-source]');
    if (chip) return chip.click();
  }
}
