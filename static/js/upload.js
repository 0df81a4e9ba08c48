// Several files in one form: a list of them with a progress bar each, what is wrong with which, and another try with
// the mended ones. Without this the form is sent as any other.
(() => {
  const size = (bytes) => (bytes < 1024 ? `${bytes} B` : bytes < 1048576 ? `${Math.round(bytes / 1024)} kB` : `${(bytes / 1048576).toFixed(1)} MB`);
  const element = (name, css, text) => Object.assign(document.createElement(name), { className: css || "", textContent: text || "" });

  const set = (form) => {
    const files = new Map(); // path -> {file, row, bar, state}
    const find = (name) => form.querySelector(`[data-upload-${name}]`);
    const [list, status, send, cancel] = ["list", "status", "send", "cancel"].map(find);
    let running = null;

    const say = (each, text, tone) => {
      each.state.textContent = text;
      each.row.dataset.tone = tone || "";
    };
    const show = () => {
      list.hidden = files.size === 0;
      send.disabled = running !== null;
      cancel.hidden = running === null;
    };
    const remove = (path) => {
      files.get(path).row.remove();
      files.delete(path);
      show();
      form.querySelector("input[type=file]").focus();
    };
    const add = (file) => {
      const path = file.webkitRelativePath || file.name;
      if (path.split("/").some((part) => part.startsWith("."))) return;
      files.get(path)?.row.remove();
      const row = element("li", "upload-file");
      const bar = element("progress", "progress progress-primary");
      const state = element("span", "text-xs muted");
      const button = element("button", "btn btn-xs btn-ghost", "Remove");
      button.type = "button";
      button.append(element("span", "sr-only", ` ${path}`));
      button.addEventListener("click", () => remove(path));
      Object.assign(bar, { max: 100, value: 0 });
      bar.setAttribute("aria-label", `${path}, sent`);
      row.append(element("span", "mono wrap-anywhere text-sm", path), state, button, bar);
      list.append(row);
      files.set(path, { file, row, bar, state });
      say(files.get(path), size(file.size));
    };
    const take = (input) => {
      [...input.files].forEach(add);
      input.value = ""; // the list holds them, and the same file can be chosen again when it is mended
      status.textContent = `${files.size} files chosen.`;
      show();
    };
    // the bytes go out in the order of the files, so how many have gone says how far each one is
    const advance = (loaded) => {
      for (const each of files.values()) {
        const done = Math.max(Math.min(loaded, each.file.size), 0);
        each.bar.value = each.file.size ? (done / each.file.size) * 100 : 100;
        say(each, `${size(done)} of ${size(each.file.size)}`);
        loaded -= each.file.size;
      }
    };
    const finish = (text) => {
      running = null;
      status.textContent = text;
      show();
    };
    const answered = (request) => {
      const next = request.getResponseHeader("HX-Redirect");
      if (next) return location.assign(next);
      const told = new DOMParser().parseFromString(request.responseText, "text/html").getElementById("upload-result");
      if (!told) return finish(`The upload was refused (${request.status}). Try again.`);
      document.getElementById("upload-result").replaceWith(told);
      for (const row of told.querySelectorAll("[data-upload-told]")) {
        const each = files.get(row.dataset.uploadTold);
        const isWrong = row.querySelector(".badge-error") !== null;
        if (each) say(each, isWrong ? "to mend: choose it again" : "right", isWrong ? "error" : "success");
      }
      finish("Not stored. What is to mend stands below.");
      (told.querySelector("h2") || told).focus();
    };

    form.addEventListener("change", (event) => event.target.matches("input[type=file]") && take(event.target));
    form.addEventListener("submit", (event) => {
      if (files.size === 0) return; // the server says what is missing
      event.preventDefault();
      const body = new FormData();
      body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
      for (const path of files.keys()) body.append("paths", path);
      for (const each of files.values()) body.append("files", each.file);
      running = new XMLHttpRequest();
      running.open("POST", form.action);
      running.setRequestHeader("HX-Request", "true");
      running.upload.addEventListener("progress", (sent) => advance(sent.loaded));
      running.addEventListener("load", (done) => answered(done.target));
      running.addEventListener("error", () => finish("The connection broke. Nothing is stored; upload again."));
      running.addEventListener("abort", () => finish("Cancelled. Nothing is stored."));
      running.send(body);
      status.textContent = "Uploading.";
      show();
    });
    cancel.addEventListener("click", () => running?.abort());
    const folder = find("folder");
    folder.hidden = !("webkitdirectory" in HTMLInputElement.prototype);
  };
  document.querySelectorAll("form[data-upload]").forEach(set);
})();
