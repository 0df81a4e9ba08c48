// What need not be looked at twice: what stands around the content alike on every page, and what looks alike in any width.
(() => {
  const hashed = (text) => {
    let [high, low] = [0xdeadbeef, 0x41c6ce57];
    for (const letter of text) {
      const code = letter.codePointAt(0);
      high = Math.imul(high ^ code, 2654435761);
      low = Math.imul(low ^ code, 1597334677);
    }
    return (high >>> 0) * 2097152 + (low >>> 11);
  };
  const opening = (each) => each.cloneNode(false).outerHTML;
  const isSeen = (each) => each.checkVisibility({ visibilityProperty: true });

  // Whether an element can be read where it stands: its own ink, and all the paper that it lies on.
  const inks = (part) => {
    const papers = new Map([[null, ""]]);
    const paper = (each) => {
      if (!papers.has(each)) {
        const { backgroundColor, backgroundImage, opacity } = getComputedStyle(each);
        papers.set(each, [paper(each.parentElement), backgroundColor, backgroundImage, opacity].join());
      }
      return papers.get(each);
    };
    const ink = (each) => {
      const { color, fontSize, fontWeight, textShadow, filter } = getComputedStyle(each);
      return [paper(each), color, fontSize, fontWeight, textShadow, filter].join("|");
    };
    return new Map([part, ...part.querySelectorAll("*")].filter(isSeen).map((each) => [each, ink(each)]));
  };

  window.looks = {
    // Excludes from a look what was seen: the same words with the same marks in the same place. Returns what is new.
    around(known) {
      const [seen, added] = [new Set(known), []];
      looks.seen = [];
      const visit = (each, place) => {
        if (each.id === "main") return;
        if (!each.querySelector("#main")) {
          const name = hashed(place + each.outerHTML);
          if (seen.has(name)) { looks.seen.push(each); return; }
          added.push(name);
        }
        for (const part of each.children) visit(part, place + opening(each));
      };
      visit(document.body, "");
      return added;
    },
    // Keeps how a part looks, then tells how much of it looked otherwise.
    note(part) { looks.noted = inks(document.querySelector(part)); },
    changed(part) {
      const now = inks(document.querySelector(part));
      looks.other = [...looks.noted].filter(([each, ink]) => each.isConnected && now.get(each) !== ink).map(([each]) => each);
      return looks.other.length;
    },
  };
})();
