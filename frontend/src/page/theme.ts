// The theme switch: radio buttons inside [data-theme-choice]. entrypoints/theme.ts restores the choice.

/** Canvas and Plotly cannot follow CSS by themselves: they listen for `tb:theme` on the document. */
const changed = () => document.dispatchEvent(new CustomEvent('tb:theme'));

function store(key: string, theme: string): void {
  try {
    localStorage.setItem(key, theme);
  } catch {
    // Without storage the choice lasts until the page is left.
  }
}

export function themeSwitch(): void {
  const root = document.documentElement;
  for (const radio of document.querySelectorAll<HTMLInputElement>('[data-theme-choice] input')) {
    radio.checked = radio.value === root.dataset.theme;
  }
  document.addEventListener('change', (event) => {
    const radio = event.target as HTMLInputElement;
    if (!radio.closest('[data-theme-choice]')) return;
    root.dataset.theme = radio.value;
    store(root.dataset.themeKey ?? 'tb-theme', radio.value);
    changed();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
}
