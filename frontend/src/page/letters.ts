// Which key presses belong to the page: not those meant for a field, for the browser, or for a focused element.

const SETTING = 'tb-keys';

/** Single-letter keys can be switched off (WCAG 2.1.4); a speech user's dictation must not drive the page. */
export function lettersOn(): boolean {
  try {
    return localStorage.getItem(SETTING) !== 'off';
  } catch {
    return true;
  }
}

export function setLetters(on: boolean): void {
  try {
    localStorage.setItem(SETTING, on ? 'on' : 'off');
  } catch {
    // Without storage the setting cannot be kept.
  }
}

export function isPageKey(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return false;
  const target = event.target as HTMLElement | null;
  if (target?.closest?.('input, textarea, select, [contenteditable], dialog[open]')) return false;
  return event.key.length > 1 || lettersOn();
}

/** Says something to screen readers without moving the focus. */
export function announce(words: string): void {
  const live = document.getElementById('live');
  if (live) live.textContent = words;
}
