// A real file input in an area that files can be dropped on; sends a file in pieces.
const PIECE = 2 * 1024 * 1024;
// An answer to a piece takes moments: after so long without one it won't come any more.
const PATIENCE_MS = 60000;
const AGAIN = "Choose the file again.";
let count = 0;

function size(bytes) {
  if (bytes < 1024 * 1024) return `${Math.max(1, Math.round(bytes / 1024))} kB`;
  const mb = bytes / 1024 / 1024;
  return `${Number.isInteger(mb) ? mb : mb.toFixed(1)} MB`;
}

function make(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}

function render({ model, el }) {
  const id = `bng-file-${(count += 1)}`;
  const area = make("div", { className: "bng-drop" });
  const label = make("label", { htmlFor: id, textContent: model.get("label") });
  const input = make("input", { type: "file", id, accept: model.get("accept") });
  input.setAttribute("aria-describedby", `${id}-hint`);
  const hint = make("p", { className: "bng-help", id: `${id}-hint` });
  hint.textContent = `Choose the file or drop it here; up to ${size(model.get("most_bytes"))}.`;
  const state = make("p", { className: "bng-drop-state" });
  state.setAttribute("role", "status");
  const bar = make("progress", { hidden: true, max: 1 });
  bar.setAttribute("aria-label", "How much of the file is here");
  area.append(label, input, hint, state, bar);
  el.append(area);

  let current = null;
  let patience = 0;

  function end(text) {
    clearTimeout(patience);
    current = null;
    bar.hidden = true;
    state.textContent = text;
    // The same file can be chosen again once it has been mended.
    input.value = "";
  }

  async function send(at) {
    const { file, upload } = current;
    const start = at * PIECE;
    let data;
    try {
      data = await file.slice(start, start + PIECE).arrayBuffer();
    } catch {
      if (current?.upload === upload)
        end(`${file.name} can't be read: it is a folder, or it was changed or moved. ${AGAIN}`);
      return;
    }
    if (current?.upload !== upload) return;
    const sent = Math.min(start + PIECE, file.size);
    const last = sent >= file.size;
    bar.value = sent / file.size;
    bar.hidden = last;
    state.textContent = last
      ? `${file.name}, ${size(file.size)}: reading…`
      : `${file.name}: ${size(sent)} of ${size(file.size)}`;
    model.send({ piece: at, last, name: file.name, upload }, undefined, [new DataView(data)]);
    clearTimeout(patience);
    patience = setTimeout(() => {
      if (!last) end(`${file.name} didn't arrive: the connection was interrupted. ${AGAIN}`);
      else state.textContent = `${file.name}, ${size(file.size)}: still reading…`;
    }, PATIENCE_MS);
  }

  function take(files) {
    const file = files[0];
    if (!file) return;
    const most = model.get("most_bytes");
    if (files.length > 1) end(`${files.length} files were dropped. Give one at a time.`);
    else if (file.size > most)
      end(`${file.name} has ${size(file.size)}: more than ${size(most)}. Choose a smaller file.`);
    else if (!file.size) end(`${file.name} is empty. Choose another file.`);
    else {
      current = { file, upload: `${Date.now()}-${Math.random()}` };
      state.textContent = `${file.name}, ${size(file.size)}`;
      send(0);
    }
  }

  const hear = ({ next, upload, read, lost }) => {
    if (!current) return;
    const { file, upload: own } = current;
    if (next !== undefined && upload === own) send(next);
    else if (read === own) end(`${file.name}, ${size(file.size)}`);
    else if (lost === own) end(`${file.name} didn't arrive whole. ${AGAIN}`);
  };
  model.on("msg:custom", hear);
  input.addEventListener("change", () => take(input.files));

  const over = (isOver) => (event) => {
    event.preventDefault();
    area.classList.toggle("bng-drop-over", isOver);
  };
  area.addEventListener("dragenter", over(true));
  area.addEventListener("dragover", over(true));
  area.addEventListener("dragleave", over(false));
  area.addEventListener("drop", (event) => {
    over(false)(event);
    take(event.dataTransfer.files);
  });
  // A file that misses the area would replace the page.
  const missed = (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  };
  window.addEventListener("dragover", missed);
  window.addEventListener("drop", missed);
  return () => {
    clearTimeout(patience);
    model.off("msg:custom", hear);
    window.removeEventListener("dragover", missed);
    window.removeEventListener("drop", missed);
  };
}

export default { render };
