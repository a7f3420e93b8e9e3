// <tb-deck previous="/…" next="/…" post="/…" follow="/…">: the meeting view, one [data-slide] at a time.
// Keys: right, left, or a clicker's PgDn, PgUp; 1-6 slide; n p case; f full screen; b blank; h hide names; Esc.
// `post` (the presenter): each move is sent as slide=<n>.
// `follow` (a second screen): server-sent {"slide": n, "case"?: "/…"}.
import { announce, isPageKey } from '../page/letters';
import { TbElement } from './element';
import { follow, send } from './deck-follow';

export class TbDeck extends TbElement {
  #slides: HTMLElement[] = [];
  #at = -1;
  #blank = document.createElement('dialog');

  protected start(): void {
    this.#slides = [...this.querySelectorAll<HTMLElement>('[data-slide]')];
    if (!this.#slides.length) return this.say('empty', 'This case has no slides yet.');
    this.listSlides();
    this.addBlank();
    addEventListener('keydown', (event) => this.onKey(event), { signal: this.signal });
    document.querySelector('[data-hide-names]')?.addEventListener('click', toggleNames, { signal: this.signal });
    this.show(Number(location.hash.slice(1)) - 1 || 0);
    this.dataset.state = 'ready';
    const from = this.getAttribute('follow');
    if (from) follow(from, this.signal, (slide) => this.show(slide - 1), this.querySelector('[data-follow]'));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#blank.remove();
  }

  /** The presenter's own move: shown, told to the other screens, and given the focus. */
  private go(index: number): void {
    if (!this.show(index)) return;
    const heading = this.#slides[this.#at]!.querySelector<HTMLElement>('h1, h2');
    if (heading) {
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
    }
    const to = this.getAttribute('post');
    if (to) void send(to, this.#at + 1, this.signal);
    this.dispatchEvent(new CustomEvent('tb:moved', { bubbles: true }));
  }

  private show(index: number): boolean {
    const at = Math.max(0, Math.min(this.#slides.length - 1, index));
    if (at === this.#at) return false;
    this.#at = at;
    this.#slides.forEach((slide, i) => (slide.hidden = i !== at));
    this.querySelectorAll('[data-slides] button').forEach((button, i) => {
      if (i === at) button.setAttribute('aria-current', 'true');
      else button.removeAttribute('aria-current');
    });
    history.replaceState(history.state, '', `#${at + 1}`);
    announce(`${at + 1} of ${this.#slides.length}: ${nameOf(this.#slides[at]!)}`);
    return true;
  }

  private listSlides(): void {
    const items = this.#slides.map((slide, i) => {
      const button = Object.assign(document.createElement('button'), { type: 'button' });
      button.textContent = `${i + 1} ${nameOf(slide)}`;
      button.addEventListener('click', () => this.go(i), { signal: this.signal });
      const item = document.createElement('li');
      item.append(button);
      return item;
    });
    this.querySelector('[data-slides]')?.replaceChildren(...items);
  }

  private onKey(event: KeyboardEvent): void {
    if (!isPageKey(event) || !this.take(event.key)) return;
    event.preventDefault();
  }

  private take(key: string): boolean {
    const actions: Record<string, () => void> = {
      ArrowRight: () => this.go(this.#at + 1),
      PageDown: () => this.go(this.#at + 1),
      ArrowLeft: () => this.go(this.#at - 1),
      PageUp: () => this.go(this.#at - 1),
      n: () => this.leave('next'),
      p: () => this.leave('previous'),
      f: fullScreen,
      b: () => this.#blank.showModal(),
      h: toggleNames,
    };
    const digit = /^[1-9]$/.test(key) && Number(key) <= this.#slides.length;
    if (!digit && !actions[key]) return false;
    if (digit) this.go(Number(key) - 1);
    else actions[key]!();
    return true;
  }

  private leave(where: 'next' | 'previous'): void {
    const url = this.getAttribute(where);
    if (url) location.assign(url);
    else announce(where === 'next' ? 'This is the last case.' : 'This is the first case.');
  }

  /** A black screen when somebody comes in: modal, so that nothing behind it can be read or reached. */
  private addBlank(): void {
    this.#blank.className = 'blank';
    this.#blank.setAttribute('aria-label', 'Screen blanked');
    const button = Object.assign(document.createElement('button'), { type: 'button' });
    button.textContent = 'Show the case again';
    const close = () => this.#blank.close();
    button.addEventListener('click', close, { signal: this.signal });
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'b') return;
      event.stopPropagation(); // or the same "b" would blank the screen again
      close();
    };
    this.#blank.addEventListener('keydown', onKey, { signal: this.signal });
    this.#blank.replaceChildren(button);
    document.body.append(this.#blank);
  }
}

const nameOf = (slide: HTMLElement) => slide.getAttribute('aria-label') ?? slide.dataset.slide ?? '';

function fullScreen(): void {
  if (document.fullscreenElement) void document.exitFullscreen();
  else void document.documentElement.requestFullscreen?.().catch(() => announce('Full screen is not available.'));
}

/** Kept for the browser session, so that the next case opens with its name hidden too (entrypoints/theme.ts). */
function toggleNames(): void {
  const root = document.documentElement;
  const hide = root.dataset.names !== 'hidden';
  if (hide) root.dataset.names = 'hidden';
  else delete root.dataset.names;
  try {
    sessionStorage.setItem('tb-names', hide ? 'hidden' : 'shown');
  } catch {
    // Without storage names are hidden on this page only.
  }
  announce(hide ? 'Names are hidden.' : 'Names are shown.');
}
