// A real file input in an area that files can be dropped on; sends a file in pieces.
const PIECE = 2 * 1024 * 1024;
let count = 0;

function size(bytes) {
  if (bytes < 1024 * 1024) return `${Math.max(1, Math.round(bytes / 1024))} kB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

function render({ model, el }) {
  const id = `bng-file-${(count += 1)}`;
  const area = document.createElement("div");
  area.className = "bng-drop";
  const label = document.createElement("label");
  label.htmlFor = id;
  label.textContent = model.get("label");
  const input = document.createElement("input");
  input.type = "file";
  input.id = id;
  input.accept = model.get("accept");
  const hint = document.createElement("p");
  hint.className = "bng-help";
  hint.textContent = `Choose the file or drop it here; up to ${size(model.get("most_bytes"))}.`;
  const state = document.createElement("p");
  state.className = "bng-drop-state";
  state.setAttribute("role", "status");
  area.append(label, input, hint, state);
  el.append(area);

  let current = null;

  async function send(at) {
    const { file, upload } = current;
    const start = at * PIECE;
    const data = await file.slice(start, start + PIECE).arrayBuffer();
    if (current?.upload !== upload) return;
    const end = Math.min(start + PIECE, file.size);
    const last = end >= file.size;
    state.textContent = last
      ? `${file.name}, ${size(file.size)}: reading…`
      : `${file.name}: ${size(end)} of ${size(file.size)}`;
    model.send({ piece: at, last, name: file.name, upload }, undefined, [new DataView(data)]);
  }

  function take(file) {
    if (!file) return;
    if (file.size > model.get("most_bytes")) {
      state.textContent = `${file.name} has ${size(file.size)}: more than ${size(model.get("most_bytes"))}. Choose a smaller file.`;
      return;
    }
    if (!file.size) {
      state.textContent = `${file.name} is empty. Choose another file.`;
      return;
    }
    current = { file, upload: `${Date.now()}-${Math.random()}` };
    state.textContent = `${file.name}, ${size(file.size)}`;
    send(0);
  }

  const hear = (message) => {
    if (message.next !== undefined && message.upload === current?.upload) send(message.next);
    if (message.read !== undefined && message.read === current?.upload) {
      state.textContent = `${current.file.name}, ${size(current.file.size)}`;
      current = null;
      // The same file can be chosen again once it has been mended.
      input.value = "";
    }
  };
  model.on("msg:custom", hear);
  input.addEventListener("change", () => take(input.files[0]));
  for (const name of ["dragenter", "dragover"])
    area.addEventListener(name, (event) => {
      event.preventDefault();
      area.classList.add("bng-drop-over");
    });
  for (const name of ["dragleave", "drop"])
    area.addEventListener(name, (event) => {
      event.preventDefault();
      area.classList.remove("bng-drop-over");
    });
  area.addEventListener("drop", (event) => take(event.dataTransfer.files[0]));
  return () => model.off("msg:custom", hear);
}

export default { render };
