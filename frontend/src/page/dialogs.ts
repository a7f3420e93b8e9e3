// <button data-dialog="id"> opens <dialog id="id">; <form method="dialog"> and Esc close it without script.

export function dialogs(): void {
  document.addEventListener('click', (event) => {
    const button = (event.target as Element).closest<HTMLElement>('[data-dialog]');
    if (!button) return;
    const dialog = document.getElementById(button.dataset.dialog ?? '');
    if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
  });
}
