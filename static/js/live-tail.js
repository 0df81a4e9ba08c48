// Rows of a log as they come: a button with data-live-tail. Pauses while nobody looks.
(() => {
  const MOST = 200;
  const start = (button) => {
    const rows = document.getElementById(button.dataset.liveRows);
    const status = document.getElementById("log-live");
    let source = null;
    const close = () => {
      source?.close();
      source = null;
    };
    const open = () => {
      if (source || document.hidden) return;
      source = new EventSource(button.dataset.liveTail);
      source.addEventListener("row", (event) => {
        const template = document.createElement("template");
        template.innerHTML = event.data;
        rows.prepend(template.content);
        while (rows.children.length > MOST) rows.lastElementChild.remove();
      });
      source.addEventListener("end", () => set(false, "You are logged out, or no longer a member. Nothing new is shown."));
    };
    const set = (isOn, said) => {
      button.setAttribute("aria-pressed", String(isOn));
      button.textContent = isOn ? "Stop watching" : "Watch live";
      status.textContent = said;
      isOn ? open() : close();
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      const isOn = button.getAttribute("aria-pressed") !== "true";
      set(isOn, isOn ? "New calls appear at the top." : "New calls are no longer shown.");
    });
    document.addEventListener("visibilitychange", () => {
      if (button.getAttribute("aria-pressed") !== "true") return;
      document.hidden ? close() : open();
    });
    window.addEventListener("pagehide", close);
  };
  const all = () => document.querySelectorAll("[data-live-tail][hidden]").forEach(start);
  document.addEventListener("DOMContentLoaded", all);
  document.addEventListener("htmx:after:swap", all);
})();
