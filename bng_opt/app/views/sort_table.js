// A plain table: header buttons sort, fields filter, the last rows add up what is shown.
const PARTS = 10 ** 6; // Units have six decimals at most: as whole numbers they add up exactly.
let count = 0;

function make(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function shown(column, value) {
  if (column.decimals === null) return value ?? "";
  if (typeof value !== "number") return column.blank;
  const [least, most] = [column.decimals, column.most ?? column.decimals];
  const digits = { minimumFractionDigits: least, maximumFractionDigits: Math.max(least, most) };
  return column.before + value.toLocaleString("en-GB", digits);
}

function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a ?? "").localeCompare(String(b ?? ""), "en-GB", { numeric: true });
}

function render({ model, el }) {
  const id = `bng-table-${(count += 1)}`;
  const columns = model.get("columns");
  const caption = model.get("caption");
  const purpose = model.get("purpose");
  const wanted = { words: "", choices: {} };
  const sort = { by: null, down: false };

  const filter = make("div", "bng-table-filter");
  filter.setAttribute("role", "group");
  filter.setAttribute("aria-label", `${caption}: which rows`);
  const choices = columns.filter((column) => column.choice).map(choiceOf);
  const words = make("input");
  words.type = "search";
  words.addEventListener("input", () => {
    wanted.words = words.value;
    draw();
  });
  filter.append(...choices.map((each) => each.field), labelled(`Filter: ${caption.toLowerCase()}`, words));
  const all = make("button", "bng-button bng-table-all", "Show all rows");
  all.type = "button";
  all.addEventListener("click", () => {
    wanted.words = words.value = "";
    wanted.choices = {};
    for (const each of choices) each.select.value = "";
    draw();
    words.focus();
  });
  filter.append(all);
  const state = make("p", "bng-help bng-table-state");
  state.setAttribute("role", "status");

  const scroll = make("div", "bng-scroll bng-table-scroll");
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", caption);
  const table = make("table", "bng-table bng-sort-table");
  table.createCaption().textContent = caption;
  const head = table.createTHead().insertRow();
  const body = table.createTBody();
  const foot = table.createTFoot();
  scroll.append(table);
  el.append(filter, state, scroll);
  for (const column of columns) head.append(headerOf(column));
  if (purpose) {
    const cell = make("th");
    cell.scope = "col";
    cell.append(make("span", "bng-hidden", purpose));
    head.append(cell);
  }

  function labelled(text, control) {
    const field = make("div", "bng-table-field");
    const label = make("label", "", text);
    control.id = `${id}-${filter.childElementCount}-${text.replace(/\W+/g, "-")}`;
    label.htmlFor = control.id;
    field.append(label, control);
    return field;
  }

  function choiceOf(column) {
    const select = make("select");
    select.addEventListener("change", () => {
      wanted.choices[column.key] = select.value;
      draw();
    });
    return { column, select, field: labelled(column.choice, select) };
  }

  function fillChoices() {
    for (const { column, select, field } of choices) {
      const values = valuesOf(column.key, model.get("rows")).sort(compare);
      const kept = values.includes(select.value) ? select.value : "";
      select.replaceChildren(
        new Option("All", ""),
        ...values.map((value) => new Option(value, value)),
      );
      select.value = wanted.choices[column.key] = kept;
      field.hidden = values.length < 2;
    }
  }

  function headerOf(column) {
    const cell = make("th", column.decimals === null ? "" : "bng-number");
    cell.scope = "col";
    const button = make("button", "bng-sort", column.title);
    button.type = "button";
    button.addEventListener("click", () => {
      sort.down = sort.by === column.key && !sort.down;
      sort.by = column.key;
      draw();
    });
    cell.append(button);
    return cell;
  }

  function found() {
    const each = wanted.words.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = model.get("rows").filter((row) => {
      if (choices.some(({ column }) => (wanted.choices[column.key] || String(row[column.key])) !== String(row[column.key])))
        return false;
      const whole = columns.map((column) => `${row[column.key] ?? ""} ${shown(column, row[column.key])}`);
      const text = whole.join(" ").toLowerCase();
      return each.every((word) => text.includes(word));
    });
    if (sort.by === null) return kept;
    const isBlank = (row) => row[sort.by] === null || row[sort.by] === undefined;
    const order = (a, b) =>
      isBlank(a) || isBlank(b) // What isn't known stands last, whichever way.
        ? isBlank(a) - isBlank(b)
        : (sort.down ? -1 : 1) * compare(a[sort.by], b[sort.by]);
    return kept.sort(order);
  }

  function lineOf(row) {
    const isChosen = Boolean(row.group) && row.group === model.get("chosen");
    const line = make("tr", isChosen ? "bng-chosen" : "");
    columns.forEach((column, at) => {
      const cell = at === 0 ? make("th") : make("td");
      if (at === 0) cell.scope = "row";
      if (column.decimals !== null) cell.className = "bng-number";
      cell.textContent = shown(column, row[column.key]);
      line.append(cell);
    });
    if (purpose) {
      const button = make("button", "bng-sort bng-choose", isChosen ? "Chosen" : "Choose");
      button.type = "button";
      button.dataset.at = String(model.get("rows").indexOf(row));
      button.setAttribute("aria-pressed", String(isChosen));
      button.setAttribute("aria-label", `${button.textContent} ${row.name ?? row.group}: ${purpose}`);
      button.addEventListener("click", () => model.send({ choose: isChosen ? "" : row.group }));
      line.insertCell().append(button);
    }
    return line;
  }

  function sumOf(title, rows) {
    const line = make("tr");
    columns.forEach((column, at) => {
      const cell = at === 0 ? make("th") : make("td");
      if (at === 0) {
        cell.scope = "row";
        cell.textContent = title;
      }
      if (column.decimals !== null) cell.className = "bng-number";
      if (column.total && (!column.apart || valuesOf(column.apart, rows).length < 2)) {
        const sum = rows.reduce((all, row) => all + Math.round((row[column.key] ?? 0) * PARTS), 0);
        cell.textContent = shown(column, sum / PARTS);
      }
      line.append(cell);
    });
    if (purpose) line.insertCell();
    return line;
  }

  function valuesOf(key, rows) {
    return [...new Set(rows.map((row) => String(row[key])))];
  }

  // What is kept apart has a sum for each kind before that of all.
  function sumsOf(title, rows) {
    const apart = columns.find((column) => column.apart)?.apart;
    const kinds = apart ? valuesOf(apart, rows).sort(compare) : [];
    const each = kinds.length < 2 ? [] : kinds.map((kind) => sumOf(`${title}: ${kind}`, rows.filter((row) => String(row[apart]) === kind)));
    return [...each, sumOf(title, rows)];
  }

  function draw() {
    const every = model.get("rows");
    const rows = found();
    const isFiltered = rows.length !== every.length;
    columns.forEach((column, at) => {
      if (column.key === sort.by) head.cells[at].setAttribute("aria-sort", sort.down ? "descending" : "ascending");
      else head.cells[at].removeAttribute("aria-sort");
    });
    // The keyboard stays where it was, on the same row's button.
    const active = el.getRootNode().activeElement;
    const focused = body.contains(active) ? active.dataset.at : null;
    body.replaceChildren(...rows.map(lineOf));
    if (focused) body.querySelector(`[data-at="${focused}"]`)?.focus({ preventScroll: true });
    foot.replaceChildren();
    if (columns.some((column) => column.total)) {
      if (isFiltered) foot.append(...sumsOf(`These ${rows.length}`, rows));
      foot.append(...sumsOf(isFiltered ? `All ${every.length}` : "Total", every));
    }
    const text = isFiltered ? `${rows.length} of ${every.length} rows` : `${every.length} ${every.length === 1 ? "row" : "rows"}`;
    if (state.textContent !== text) state.textContent = text;
    all.hidden = !(wanted.words || Object.values(wanted.choices).some(Boolean));
    filter.hidden = every.length < 2;
  }

  function showChosen() {
    draw();
    // A row that was chosen on the map is brought into the table's own view, not the page's.
    const line = body.querySelector(".bng-chosen");
    if (!line || scroll.scrollHeight <= scroll.clientHeight) return;
    const above = line.offsetTop - head.offsetHeight;
    const below = line.offsetTop + line.offsetHeight + foot.offsetHeight - scroll.clientHeight;
    if (scroll.scrollTop > above) scroll.scrollTop = above;
    else if (scroll.scrollTop < below) scroll.scrollTop = below;
  }

  model.on("change:rows", () => {
    fillChoices();
    draw();
  });
  model.on("change:chosen", showChosen);
  fillChoices();
  draw();
}

export default { render };
