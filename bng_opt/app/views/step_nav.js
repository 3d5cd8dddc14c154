// The list of steps: real buttons in an ordered list, the shown one marked for screen readers.
function render({ model, el }) {
  const nav = document.createElement("nav");
  nav.setAttribute("aria-label", "Steps");
  nav.className = "bng-steps";
  const list = document.createElement("ol");
  nav.append(list);
  el.append(nav);

  function button(step, number) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "bng-step";
    made.dataset.key = step.key;
    for (const [name, text] of [
      ["bng-step-mark", step.done ? "✓" : String(number)],
      ["bng-step-title", step.title],
      ["bng-step-state", step.summary || (step.done ? "done" : "to do")],
    ]) {
      const part = document.createElement("span");
      part.className = name;
      part.textContent = text;
      if (name === "bng-step-mark") part.setAttribute("aria-hidden", "true");
      made.append(part, " ");
    }
    made.classList.toggle("bng-is-done", step.done);
    if (step.key === model.get("current")) made.setAttribute("aria-current", "step");
    made.addEventListener("click", () => model.send({ go: step.key }));
    return made;
  }

  function draw() {
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    list.replaceChildren(
      ...model.get("steps").map((step, at) => {
        const item = document.createElement("li");
        item.append(button(step, at + 1));
        return item;
      }),
    );
    if (focused) list.querySelector(`[data-key="${focused}"]`)?.focus();
  }

  model.on("change:steps change:current", draw);
  draw();
}

export default { render };
