// [data-tabs]: the open one is in sight where they scroll.
for (const open of document.querySelectorAll('[data-tabs] [aria-current="page"]')) {
  open.parentElement.scrollLeft = open.offsetLeft - open.parentElement.offsetLeft - 24;
}

// [data-tabs]: arrow keys, Home and End move between tabs, which stay links.
document.addEventListener("keydown", (event) => {
  const list = event.target.closest?.("[data-tabs]");
  if (!list || event.ctrlKey || event.metaKey || event.altKey) return;
  const links = [...list.querySelectorAll("a")];
  const at = links.indexOf(event.target);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: links.length - 1 }[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  links.at(to % links.length).focus();
});
