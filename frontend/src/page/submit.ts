// A double click must not sign twice: while a POST form is under way its second submission is dropped.

const isPost = (form: HTMLFormElement) => form.method === 'post' || form.hasAttribute('hx-post');

function release(form: HTMLFormElement): void {
  delete form.dataset.busy;
  form.removeAttribute('aria-busy');
}

function hold(form: HTMLFormElement, event: SubmitEvent): void {
  form.dataset.busy = '';
  form.setAttribute('aria-busy', 'true');
  if (form.hasAttribute('hx-post')) return; // released by htmx:finally:request
  setTimeout(() => event.defaultPrevented && release(form));
  setTimeout(() => release(form), 8000); // a download answers without leaving the page
}

export function submitGuard(): void {
  document.addEventListener(
    'submit',
    (event) => {
      const form = event.target as HTMLFormElement;
      if (!isPost(form)) return;
      if (form.dataset.busy === undefined) return hold(form, event);
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    { capture: true },
  );
  document.addEventListener('htmx:finally:request', (event) => {
    const form = (event.target as Element | null)?.closest?.('form');
    if (form) release(form);
  });
  addEventListener('pageshow', () => document.querySelectorAll('form').forEach(release));
}
