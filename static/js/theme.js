// Switches the theme at once. The cookie lets the server paint the next page right from the start.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-theme-switch]") || !event.submitter) return;
  event.preventDefault();
  const theme = event.submitter.value;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
  document.documentElement.dataset.theme = theme;
  document.querySelector('meta[name="color-scheme"]').content = theme;
  const form = event.target;
  form.querySelector(`button:not([value="${theme}"])`).focus();
});
