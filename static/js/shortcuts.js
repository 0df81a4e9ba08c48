// Keys for people who like them: `/` searches, `g` and a letter goes somewhere, `?` lists them. Never while typing.
(() => {
  const places = { m: "/market", l: "/request-logs", e: "/enrollments", w: "/wallet", k: "/keys", h: "/" };
  let waiting = 0;
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "/") {
      const search = document.querySelector("[data-search]");
      if (!search) return;
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "?") {
      document.getElementById("shortcuts")?.showModal();
    } else if (event.key === "g") {
      waiting = Date.now();
    } else if (Date.now() - waiting < 1000 && places[event.key]) {
      waiting = 0;
      location.assign(places[event.key]);
    }
  });
})();
