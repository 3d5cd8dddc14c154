// The browser's side of the page link: what link.py asks for, and what it hears.
const DRAFT = "bng-opt-draft";
// A kernel that works on something large answers late: it is given time. A connection that is
// down is known at once, and only one that stays down is told of.
const PING_MS = 15000;
const LOST_MS = 45000;
const DOWN_MS = 4000;

async function ticket() {
  const from = document.body.dataset.bngTickets;
  if (!from) return "";
  try {
    const answer = await fetch(from, { credentials: "same-origin", cache: "no-store" });
    return answer.ok ? (await answer.json()).ticket : "";
  } catch {
    return "";
  }
}

function kept() {
  try {
    return sessionStorage.getItem(DRAFT) || "";
  } catch {
    return "";
  }
}

function download({ name, mime }, data) {
  const address = URL.createObjectURL(new Blob([data], { type: mime }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

function setQuery(parameters) {
  const address = new URL(location.href);
  if (address.searchParams.get("run") === (parameters.run ?? null)) return;
  address.searchParams.delete("run");
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  history.replaceState(null, "", address);
}

function focus(selector) {
  // The view may still be on its way: it is looked for until it is there.
  let tries = 0;
  const look = () => {
    const found = document.querySelector(selector);
    if (found) {
      found.focus({ preventScroll: true });
      found.scrollIntoView({ block: "nearest" });
    } else if ((tries += 1) < 40) setTimeout(look, 25);
  };
  look();
}

function markMain(tries = 0) {
  // Voila's own frame has no landmarks: the dashboard's box becomes the main one.
  const main = document.querySelector(".bng-app");
  if (main) {
    main.id = "bng-main";
    main.setAttribute("role", "main");
    main.tabIndex = -1;
  } else if (tries < 100) setTimeout(() => markMain(tries + 1), 50);
}

function showLost(isLost) {
  const banner = document.getElementById("bng-lost");
  if (banner) banner.hidden = !isLost;
}

function watchConnection(kernel, lost) {
  // Not every place that shows widgets lets them see the kernel: then pings alone tell.
  if (!kernel?.connectionStatusChanged || !kernel.statusChanged) return () => {};
  let wait = 0;
  const connection = (_, status) => {
    clearTimeout(wait);
    if (status !== "connected") wait = setTimeout(lost, DOWN_MS);
  };
  const state = (_, status) => {
    // One that was started again knows nothing of this page.
    if (["dead", "terminating", "restarting", "autorestarting"].includes(status)) lost();
  };
  kernel.connectionStatusChanged.connect(connection);
  kernel.statusChanged.connect(state);
  return () => {
    clearTimeout(wait);
    kernel.connectionStatusChanged.disconnect(connection);
    kernel.statusChanged.disconnect(state);
  };
}

function render({ model, el }) {
  el.classList.add("bng-link-widget");
  const live = document.createElement("p");
  live.className = "bng-hidden";
  live.setAttribute("role", "status");
  live.setAttribute("aria-live", "polite");
  el.append(live);

  markMain();
  let heard = Date.now();
  const acts = {
    query: (asked) => setQuery(asked.parameters),
    draft: (asked) => {
      try {
        if (asked.text) sessionStorage.setItem(DRAFT, asked.text);
        else sessionStorage.removeItem(DRAFT);
      } catch {
        // A full or forbidden store: the page works, a reload begins anew.
      }
    },
    download: (asked, buffers) => download(asked, buffers[0]),
    focus: (asked) => focus(asked.selector),
    announce: (asked) => {
      live.textContent = "";
      setTimeout(() => (live.textContent = asked.text), 50);
    },
    title: (asked) => (document.title = asked.text),
    leave: (asked) => {
      sessionStorage.removeItem(DRAFT);
      const home = new URL(document.body.dataset.bngHome || ".", location.href);
      location.assign(new URL(asked.path, home));
    },
    pong: () => {},
  };
  const hear = (asked, buffers) => {
    heard = Date.now();
    showLost(false);
    acts[asked.do]?.(asked, buffers);
  };
  model.on("msg:custom", hear);

  const leave = watchConnection(model.widget_manager?.kernel, () => showLost(true));
  const beat = setInterval(() => {
    if (Date.now() - heard > LOST_MS) showLost(true);
    try {
      model.send({ ping: true });
    } catch {
      showLost(true);
    }
  }, PING_MS);

  ticket().then((given) => {
    model.send({ arrival: { query: location.search, draft: kept(), ticket: given } });
  });
  return () => {
    clearInterval(beat);
    leave();
    model.off("msg:custom", hear);
  };
}

export default { render };
