// [data-focus]: what went wrong gets the focus when it appears, with the page or through htmx.
(() => {
  const focus = () => document.querySelector("[data-focus]")?.focus();
  focus();
  document.addEventListener("htmx:after:swap", focus);
})();
