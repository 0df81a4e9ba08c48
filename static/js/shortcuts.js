// Keys for people who like them: `/` searches, `g` and a letter goes where the list says, `j` and `k` walk through the
// rows of a list, `?` shows the list. Never while typing, and never with a key that belongs to the browser.
(() => {
  const places = new Map([...document.querySelectorAll("[data-go]")].map((each) => [each.dataset.key, each.dataset.go]));
  let waiting = 0;

  const search = (event) => {
    const field = document.querySelector("[data-search]");
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  };
  // focus goes to the link of the row, so that Enter opens it and readers say where one is
  const walk = (step) => {
    const links = [...document.querySelectorAll("[data-walk] tbody tr")].map((row) => row.querySelector("a")).filter(Boolean);
    const here = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
    links[here === -1 && step < 0 ? links.length - 1 : here + step]?.focus();
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const went = Date.now() - waiting < 1000 && places.get(event.key);
    waiting = event.key === "g" ? Date.now() : 0;
    if (went) location.assign(went);
    else if (event.key === "/") search(event);
    else if (event.key === "?") document.getElementById("shortcuts")?.showModal();
    else if (event.key === "j") walk(1);
    else if (event.key === "k") walk(-1);
  });
})();
