// What every element of this project shares: one AbortController for its time in the page, and three plain states.

/** Listeners, observers and requests take `signal`; when htmx removes the element, all of them end with it. */
export abstract class TbElement extends HTMLElement {
  #life = new AbortController();

  protected get signal(): AbortSignal {
    return this.#life.signal;
  }

  connectedCallback(): void {
    this.#life = new AbortController();
    this.start();
  }

  disconnectedCallback(): void {
    this.#life.abort();
  }

  protected abstract start(): void;

  /** Runs once the element comes near the screen: a hidden slide must not fetch 1.5 MB of frames. */
  protected whenNear(run: () => void, margin = '200px'): void {
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        run();
      },
      { rootMargin: margin },
    );
    observer.observe(this);
    this.signal.addEventListener('abort', () => observer.disconnect());
  }

  /** Runs when the width changes, and when the theme does: neither SVG text sizes nor canvas follow CSS alone. */
  protected whenResized(run: () => void): void {
    let width = this.clientWidth;
    const observer = new ResizeObserver(() => {
      if (this.clientWidth === width) return;
      width = this.clientWidth;
      run();
    });
    observer.observe(this);
    this.signal.addEventListener('abort', () => observer.disconnect());
    document.addEventListener('tb:theme', run, { signal: this.signal });
  }

  protected async fetch(url: string, signal = this.signal): Promise<Response> {
    const response = await fetch(url, { signal, headers: { Accept: 'application/json, */*' } });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return response;
  }

  /**
   * Loads with `load`; a failure is shown with a button to try again, and never as an endless "Loading".
   * `load` gets the signal of this life: htmx may move the element while it loads, and then another load is under way.
   */
  protected async attempt(what: string, load: (life: AbortSignal) => Promise<void>): Promise<void> {
    const life = this.signal;
    this.setAttribute('aria-busy', 'true');
    this.dataset.state = 'loading';
    try {
      await load(life);
    } catch (error) {
      if (life.aborted) return;
      this.dataset.state = 'error';
      const reason = error instanceof SyntaxError ? 'the answer cannot be read' : (error as Error).message;
      const again = Object.assign(document.createElement('button'), {
        type: 'button',
        className: 'btn btn-quiet',
        textContent: 'Try again',
        onclick: () => void this.attempt(what, load),
      });
      this.say('error', `${what} could not be loaded: ${reason}. `, again);
    } finally {
      if (!life.aborted) this.removeAttribute('aria-busy');
    }
  }

  protected say(kind: 'empty' | 'error', words: string, ...more: Node[]): void {
    const note = document.createElement('p');
    note.className = `state state-${kind}`;
    if (kind === 'error') note.setAttribute('role', 'alert');
    note.append(words, ...more);
    this.dataset.state = kind;
    this.replaceChildren(note);
  }
}

/** A table behind "Show as table", filled when first opened: 5,000 rows cost nothing until somebody asks. */
export function asTable(columns: string[], rows: () => Array<Array<string | Node>>): HTMLDetailsElement {
  const details = document.createElement('details');
  details.className = 'as-table';
  const summary = document.createElement('summary');
  summary.textContent = 'Show as table';
  details.append(summary);
  details.addEventListener('toggle', () => details.append(tableOf(columns, rows())), { once: true });
  return details;
}

function tableOf(columns: string[], rows: Array<Array<string | Node>>): HTMLElement {
  const box = document.createElement('div');
  box.className = 'table-wrap';
  box.tabIndex = 0;
  box.setAttribute('role', 'region');
  box.setAttribute('aria-label', 'Table');
  const table = document.createElement('table');
  const head = table.createTHead().insertRow();
  for (const column of columns) {
    const cell = document.createElement('th');
    cell.scope = 'col';
    cell.textContent = column;
    head.append(cell);
  }
  const body = table.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    for (const value of row) line.insertCell().append(value);
  }
  box.append(table);
  return box;
}
