// <button data-copy="text"> puts the text on the clipboard and says so in its [data-copy-label].
(() => {
  const show = (root) => {
    for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
  };
  const write = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const label = button.querySelector("[data-copy-label]");
    const before = button.dataset.copyBefore ?? label.textContent;
    button.dataset.copyBefore = before;
    try {
      await write(button.dataset.copy);
      label.textContent = "Copied";
    } catch {
      label.textContent = "Press Ctrl+C";
    }
    setTimeout(() => (label.textContent = before), 2000);
  });
  show(document);
  document.addEventListener("htmx:after:swap", () => show(document));
})();
