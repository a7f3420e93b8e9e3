// A blocking script of its own, because it must run before the first paint and the CSP allows no inline script.
// It restores the reader's theme, and keeps names hidden when the presenter moves from one case to the next.
{
  const root = document.documentElement;
  root.dataset.js = '';
  try {
    const theme = localStorage.getItem(root.dataset.themeKey ?? 'tb-theme');
    if (theme) root.dataset.theme = theme;
    if (sessionStorage.getItem('tb-names') === 'hidden') root.dataset.names = 'hidden';
  } catch {
    // Storage is switched off: the page's own theme stays.
  }
}
