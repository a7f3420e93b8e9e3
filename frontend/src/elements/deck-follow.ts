// Second screens: the presenter posts a position, the others hear of it over server-sent events.

/** The CSRF token that base.html also gives to htmx. */
function token(): string {
  const headers = document.body.getAttribute('hx-headers:inherited') ?? '{}';
  return (JSON.parse(headers) as Record<string, string>)['X-CSRFToken'] ?? '';
}

export async function send(url: string, slide: number, signal: AbortSignal): Promise<void> {
  const headers = { 'X-CSRFToken': token() };
  const body = new URLSearchParams({ slide: String(slide) });
  // A lost position is no harm: the next move sends the next one.
  await fetch(url, { method: 'POST', headers, body, signal }).catch(() => undefined);
}

/** Follows until the reader moves by hand; the button (aria-pressed) takes the thread up again. */
export function follow(
  url: string,
  signal: AbortSignal,
  show: (slide: number) => void,
  button: Element | null,
): void {
  let on = true;
  let last = 0;
  const set = (value: boolean) => {
    on = value;
    button?.setAttribute('aria-pressed', String(on));
    if (on && last) show(last);
  };
  const status = (words: string) => {
    if (button instanceof HTMLElement) button.title = words;
  };
  const events = new EventSource(url);
  events.onopen = () => status('Following the presenter');
  events.onerror = () => status('Connection lost, trying again');
  events.onmessage = ({ data }) => {
    const said = JSON.parse(data as string) as { slide: number; case?: string };
    last = said.slide;
    if (on && said.case && isElsewhere(said.case)) location.assign(said.case);
    else if (on) show(last);
  };
  signal.addEventListener('abort', () => events.close());
  document.addEventListener('tb:moved', () => set(false), { signal });
  button?.addEventListener('click', () => set(!on), { signal });
  set(true);
}

/** Another case of this site; never another site. */
function isElsewhere(path: string): boolean {
  return /^\/(?!\/)/.test(path) && path !== location.pathname;
}
