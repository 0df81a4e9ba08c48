// form[data-playground]: its call is made without leaving the page, and its answer is shown while it comes. Cancel, or leaving,
// ends the connection, and with it the call at the service. Without scripts the form posts, and the server shows the whole answer.
(() => {
  const form = document.querySelector("form[data-playground]");
  const part = (name) => document.querySelector(`[data-play="${name}"]`);
  if (!form || !part("run")) return;
  const run = part("run");
  const cancel = part("cancel");
  const answer = part("answer");
  let current = null;

  const say = (text) => (part("status").textContent = text);
  const size = (bytes) => (bytes < 1024 ? `${bytes} bytes` : bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1048576).toFixed(1)} MB`);
  const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
  const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

  const view = () => document.querySelector('[name="playground-view"]:checked').value;
  const show = () => {
    for (const each of answer.querySelectorAll("[data-view]")) each.hidden = each.dataset.view !== view();
  };

  const complain = (title, text, url) => {
    const box = document.createElement("div");
    box.className = "alert-box";
    box.dataset.tone = "error";
    const words = document.createElement("div");
    const name = document.createElement("p");
    name.className = "font-semibold";
    name.textContent = title;
    const line = document.createElement("p");
    line.textContent = `${text} `;
    if (url && /^https?:/.test(url)) {
      const link = document.createElement("a");
      link.className = "link-text";
      link.href = url;
      link.textContent = "What to do";
      line.append(link);
    }
    words.append(name, line);
    box.append(words);
    part("error").replaceChildren(box);
  };

  const clear = () => {
    for (const name of ["error", "outcome", "pretty", "raw", "headers"]) part(name).replaceChildren();
    part("picture").hidden = true;
    part("picture").removeAttribute("src");
    answer.querySelectorAll("[data-view] > h3").forEach((heading) => heading.remove());
    part("views").hidden = false;
    show();
  };

  // What the server tells while the answer comes.
  const told = {
    head(call, head) {
      call.status = head.status;
      call.id = (head.headers.find(([name]) => name === "x-request-id") || [])[1];
      part("headers").textContent = head.headers.map(([name, value]) => `${name}: ${value}`).join("\n");
      say(`Status ${head.status} after ${seconds(call.began)}. The answer is coming.`);
    },
    raw(call, piece) {
      part("raw").append(piece.text);
      if (!call.hasWords) part("pretty").append(piece.text);
    },
    words(call, piece) {
      if (!call.hasWords) part("pretty").replaceChildren();
      call.hasWords = true;
      part("pretty").append(piece.text);
    },
    end(call, end) {
      call.isWhole = true;
      if (end.pretty) part("pretty").textContent = end.pretty;
      if (end.picture) {
        part("picture").src = end.picture;
        part("picture").hidden = false;
      } else if (!end.is_text) part("pretty").textContent = `${size(end.size)} that are no text.`;
      if (end.error) complain(end.error.code, end.error.message, end.error.url);
      say(`Status ${call.status} after ${seconds(call.began)}, ${size(end.size)}${end.is_cut ? ", of which the beginning is shown" : ""}.`);
    },
    gone(call, gone) {
      call.isWhole = true;
      complain("No answer", gone.message);
      say(`No whole answer after ${seconds(call.began)}.`);
    },
  };

  const listen = async (call, body) => {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let waiting = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const events = (waiting + value).split("\n\n");
      waiting = events.pop();
      for (const event of events) {
        const [, name, content] = event.match(/^event: (\w+)\ndata: (.*)$/s) || [];
        if (name in told) told[name](call, JSON.parse(content));
      }
    }
  };

  const refused = async (response) => {
    const isOurs = response.headers.get("content-type")?.includes("json");
    const { errors } = isOurs ? await response.json() : { errors: [] };
    say("Nothing was sent.");
    for (const { field, message } of errors) {
      complain("Nothing was sent", message);
      document.getElementById(field)?.focus();
    }
    if (!errors.length) complain("Nothing was sent", `The page could not make the call (${response.status}). Reload it and try again.`);
  };

  // What the call has cost is known when it is settled, a moment after it ended.
  const outcome = async (call) => {
    const address = form.dataset.playground.replace("00000000-0000-0000-0000-000000000000", call.id);
    for (let tries = 0; tries < 25 && current === null; tries += 1) {
      await sleep(tries < 4 ? 400 : 1200);
      const response = await fetch(address).catch(() => null);
      if (!response?.ok) continue;
      const box = document.createElement("template");
      box.innerHTML = await response.text();
      const isSettled = box.content.querySelector('[data-settled="true"]') !== null;
      if (current === null) part("outcome").replaceChildren(box.content);
      if (isSettled) break;
    }
    document.body.dispatchEvent(new Event("playground-done"));
  };

  const make = async () => {
    current?.abort();
    const stop = (current = new AbortController());
    const call = { began: performance.now(), hasWords: false };
    clear();
    say("Calling.");
    answer.setAttribute("aria-busy", "true");
    cancel.hidden = false;
    run.disabled = true;
    cancel.focus();
    try {
      const options = { method: "POST", body: new FormData(form), headers: { Accept: "text/event-stream" }, signal: stop.signal };
      const response = await fetch(form.action, options);
      if (response.ok && response.headers.get("content-type")?.startsWith("text/event-stream")) {
        await listen(call, response.body);
        if (!call.isWhole) say(`The line broke after ${seconds(call.began)}.`);
      } else await refused(response);
    } catch (error) {
      const isCancelled = stop.signal.aborted;
      say(isCancelled ? `Cancelled after ${seconds(call.began)}. What came until then is charged.` : "The page's server could not be reached.");
    }
    if (current !== stop) return;
    current = null;
    answer.removeAttribute("aria-busy");
    const hadFocus = document.activeElement === cancel;
    cancel.hidden = true;
    run.disabled = false;
    if (hadFocus) run.focus();
    const agreed = form.querySelector("[name=accept]");
    if (call.id && agreed?.checked) agreed.closest(".border-t")?.remove();
    if (call.id) outcome(call);
  };

  form.addEventListener("submit", (event) => {
    if (event.submitter?.hasAttribute("formaction")) return;
    event.preventDefault();
    if (current === null) make();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    if (current === null) make();
  });
  cancel.addEventListener("click", () => current?.abort());
  window.addEventListener("pagehide", () => current?.abort());
  part("views").addEventListener("change", show);
  part("hint").hidden = false;
})();
