// What the Tab key must reach in a part of a page, and what it reached: walk.begin(part), then Tab by Tab, then walk.faults().
(() => {
  const WANTED = "a[href], button, input, select, textarea, summary, iframe, [tabindex], [contenteditable='true']";
  const name = (each) => each.outerHTML.replace(/\s+/g, " ").slice(0, 140);
  const look = (each) => {
    const style = getComputedStyle(each);
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 ? style.outline : "";
    return [ring, style.boxShadow, style.borderColor, style.backgroundColor, style.textDecoration].join("|");
  };
  // The mark may be on the control, on what holds it, or beside it (boxes whose own control is hidden).
  const looks = (each) => [each, each.parentElement, each.parentElement?.parentElement, each.nextElementSibling]
    .filter((near) => near && near !== walk.part).map(look).join("||");
  const groupOf = (each) => each.type === "radio" ? `${each.form?.id}/${each.name}` : null;

  const stops = (part) => {
    const found = [...part.querySelectorAll(WANTED)].filter((each) =>
      each.tabIndex >= 0 && !each.matches(":disabled") && !each.closest("[inert]")
      && (part.matches("dialog") || !each.closest("dialog"))
      && each.checkVisibility({ visibilityProperty: true }));
    const radios = new Map();
    for (const each of found) {
      const group = groupOf(each);
      if (group && (!radios.has(group) || each.checked)) radios.set(group, each);
    }
    return found.filter((each) => !groupOf(each) || radios.get(groupOf(each)) === each);
  };

  const isCovered = (each) => {
    const box = each.getBoundingClientRect();
    const points = [[0.5, 0.5], [0.05, 0.5], [0.95, 0.5], [0.5, 0.1], [0.5, 0.9]];
    return !points.some(([x, y]) => {
      const hit = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
      return hit && (each.contains(hit) || hit.contains(each) || each.labels && [...each.labels].some((label) => label.contains(hit)));
    });
  };

  const walk = {
    begin(part) {
      Object.assign(walk, { part, expected: stops(part), seen: [], wrong: [], has_left: false });
      walk.before = new Map(walk.expected.map((each) => [each, looks(each)]));
      return walk.expected.length;
    },
    arrive(each) {
      if (!walk.part) return;
      if (!walk.part.contains(each)) { walk.has_left = walk.seen.length > 0 || !walk.expected.length; return; }
      if (each === walk.part || walk.has_left) return;
      if (walk.seen.includes(each)) { walk.wrong.push(`comes back to ${name(each)}`); return; }
      const last = walk.seen.at(-1);
      if (last && last.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_PRECEDING) walk.wrong.push(`goes back to ${name(each)}`);
      walk.seen.push(each);
      const known = walk.before.get(each);
      if (known !== undefined && looks(each) === known) walk.wrong.push(`shows no focus on ${name(each)}`);
      if (known === undefined && !look(each).split("|")[0]) walk.wrong.push(`shows no focus on ${name(each)}`);
      if (isCovered(each)) walk.wrong.push(`hides the focus of ${name(each)}`);
    },
    faults() {
      const missed = walk.expected.filter((each) => !walk.seen.includes(each)).map((each) => `never reaches ${name(each)}`);
      const turned = new Set();
      for (const each of walk.expected) {
        for (let holder = each; holder && holder !== walk.part; holder = holder.parentElement) {
          const style = getComputedStyle(holder);
          if (style.order !== "0" || style.flexDirection.endsWith("reverse")) turned.add(holder);
        }
      }
      return [...missed, ...walk.wrong, ...[...turned].map((each) => `is shown in another order: ${name(each)}`)];
    },
    // The buttons that open dialogs, one for each kind.
    openers() {
      const kinds = new Set();
      return [...document.querySelectorAll("button[command='show-modal']")]
        .filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.closest("dialog"))
        .filter((each) => {
          const kind = each.getAttribute("commandfor").replace(/[0-9a-f]{8}-[0-9a-f-]{27}|\d+/g, "");
          return !kinds.has(kind) && kinds.add(kind);
        });
    },
  };
  document.addEventListener("focusin", (event) => walk.arrive(event.target));
  window.walk = walk;
})();
