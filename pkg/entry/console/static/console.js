// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Refreshes what is live on a page: the elements with the attribute data-fresh. The server renders
// them; without this script a reader reloads the page instead.
'use strict';

const seconds = Number(document.body.dataset.live);
const news = document.getElementById('live-news');

// busy reports whether the reader is using an element: it has the focus, selected text or an open part.
function busy(element) {
  const selection = getSelection();
  return element.contains(document.activeElement) ||
    element.querySelector('details[open]') !== null ||
    (!selection.isCollapsed && element.contains(selection.anchorNode));
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' }, redirect: 'error' });
  if (answer.status === 401) return location.reload();
  if (!answer.ok) return seconds;
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const old of document.querySelectorAll('[data-fresh]')) {
    const fresh = next.getElementById(old.id);
    if (fresh === null || busy(old) || fresh.outerHTML === old.outerHTML) continue;
    const said = fresh.dataset.news;
    if (said && said !== old.dataset.news) news.textContent = said;
    old.replaceWith(document.adoptNode(fresh));
  }
  return Number(next.body.dataset.live);
}

async function watch(pause) {
  for (let failures = 0; pause > 0;) {
    await new Promise((done) => setTimeout(done, 1000 * pause * 2 ** failures));
    if (document.hidden) continue;
    try {
      pause = await refresh();
      failures = 0;
    } catch {
      failures = Math.min(failures + 1, 5);
    }
  }
}

watch(seconds);

// Shows how much of a file was sent, and takes a file that is dropped anywhere on its form.
const upload = document.getElementById('upload');
if (upload !== null) {
  for (const kind of ['dragenter', 'dragover']) upload.addEventListener(kind, (event) => { event.preventDefault(); upload.classList.add('over'); });
  upload.addEventListener('dragleave', () => upload.classList.remove('over'));
  upload.addEventListener('drop', (event) => {
    event.preventDefault();
    upload.classList.remove('over');
    upload.elements.file.files = event.dataTransfer.files;
  });
  upload.addEventListener('submit', (event) => {
    event.preventDefault();
    const request = new XMLHttpRequest();
    const sent = document.getElementById('sent');
    request.upload.onprogress = (now) => { if (now.lengthComputable) sent.value = now.loaded / now.total; };
    request.onload = () => {
      if (request.responseURL !== upload.action) return location.assign(request.responseURL);
      const page = new DOMParser().parseFromString(request.responseText, 'text/html');
      document.title = page.title;
      document.getElementById('main').replaceWith(document.adoptNode(page.getElementById('main')));
      document.getElementById('main').focus();
      scrollTo(0, 0);
    };
    request.onerror = () => { sent.hidden = true; news.textContent = 'The file was not sent. Try again.'; };
    sent.hidden = false;
    request.open('POST', upload.action);
    request.send(new FormData(upload));
  });
}

// The local command prints a line that signs in: its address ends in the token, which browsers do not send.
const form = document.getElementById('sign-in');
if (form !== null && location.hash.startsWith('#token=')) {
  form.elements.token.value = decodeURIComponent(location.hash.slice(7));
  history.replaceState(null, '', location.pathname);
  if (['localhost', '127.0.0.1', '[::1]'].includes(location.hostname)) form.requestSubmit();
}
