// A plain table: header buttons sort, a field filters, the last row adds up what is shown.
let count = 0;

function render({ model, el }) {
  const id = `bng-table-${(count += 1)}`;
  const columns = model.get("columns");
  let by = null;
  let down = false;
  let words = "";

  const field = document.createElement("div");
  field.className = "bng-table-filter";
  const label = document.createElement("label");
  label.htmlFor = id;
  label.textContent = `Filter: ${model.get("caption").toLowerCase()}`;
  const input = document.createElement("input");
  input.id = id;
  input.type = "search";
  const shown = document.createElement("p");
  shown.className = "bng-help";
  shown.setAttribute("role", "status");
  field.append(label, input, shown);
  const scroll = document.createElement("div");
  scroll.className = "bng-scroll";
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", model.get("caption"));
  const table = document.createElement("table");
  table.className = "bng-table";
  const caption = table.createCaption();
  caption.textContent = model.get("caption");
  const head = table.createTHead().insertRow();
  const body = table.createTBody();
  const foot = table.createTFoot();
  scroll.append(table);
  el.append(field, scroll);

  const text = (column, value) =>
    column.decimals === null || typeof value !== "number"
      ? (value ?? "")
      : column.before +
        value.toLocaleString("en-GB", {
          minimumFractionDigits: column.decimals,
          maximumFractionDigits: column.decimals,
        });

  for (const column of columns) {
    const cell = document.createElement("th");
    cell.scope = "col";
    if (column.decimals !== null) cell.className = "bng-number";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "bng-sort";
    button.textContent = column.title;
    button.addEventListener("click", () => {
      down = by === column.key ? !down : false;
      by = column.key;
      draw();
    });
    cell.append(button);
    head.append(cell);
  }
  if (model.get("choosable")) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.innerHTML = '<span class="bng-hidden">Show</span>';
    head.append(cell);
  }

  function rows() {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const found = model.get("rows").filter((row) => {
      const whole = columns.map((c) => String(row[c.key] ?? "")).join(" ").toLowerCase();
      return wanted.every((word) => whole.includes(word));
    });
    if (!by) return found;
    const order = (a, b) =>
      typeof a === "number" && typeof b === "number" ? a - b : String(a ?? "").localeCompare(String(b ?? ""));
    return [...found].sort((a, b) => (down ? -1 : 1) * order(a[by], b[by]));
  }

  function draw() {
    const found = rows();
    [...head.cells].forEach((cell, at) => {
      if (at >= columns.length) return;
      if (columns[at].key === by) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
    body.replaceChildren(
      ...found.map((row) => {
        const line = document.createElement("tr");
        const chosen = row.group && row.group === model.get("chosen");
        line.classList.toggle("bng-chosen", Boolean(chosen));
        for (const column of columns) {
          const cell = line.insertCell();
          cell.textContent = text(column, row[column.key]);
          if (column.decimals !== null) cell.className = "bng-number";
        }
        if (model.get("choosable")) {
          const cell = line.insertCell();
          const button = document.createElement("button");
          button.type = "button";
          button.className = "bng-sort bng-choose";
          button.textContent = chosen ? "Shown" : "Show";
          button.setAttribute("aria-pressed", String(Boolean(chosen)));
          button.setAttribute("aria-label", `${chosen ? "Shown" : "Show"} on the map: ${row.name ?? row.group}`);
          button.addEventListener("click", () => model.send({ choose: chosen ? "" : row.group }));
          cell.append(button);
        }
        return line;
      }),
    );
    foot.replaceChildren();
    if (columns.some((column) => column.total)) {
      const line = foot.insertRow();
      columns.forEach((column, at) => {
        const cell = line.insertCell();
        if (column.decimals !== null) cell.className = "bng-number";
        if (column.total) {
          // Pennies and ten-thousandths add up as whole numbers.
          const scale = 10 ** 4;
          const sum = found.reduce((all, row) => all + Math.round((row[column.key] ?? 0) * scale), 0);
          cell.textContent = text(column, sum / scale);
        } else if (at === 0) cell.textContent = found.length === model.get("rows").length ? "Total" : "Total of these rows";
      });
      if (model.get("choosable")) line.insertCell();
    }
    const all = model.get("rows").length;
    shown.textContent = found.length === all ? `${all} rows` : `${found.length} of ${all} rows`;
  }

  input.addEventListener("input", () => {
    words = input.value;
    draw();
  });
  model.on("change:rows change:chosen", draw);
  draw();
}

export default { render };
