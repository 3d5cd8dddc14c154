// Enter in a field presses the first button of its row. Fields keep their keys to themselves,
// so that they are heard on their way down.
function press(event) {
  const field = event.target;
  if (event.key !== "Enter" || event.isComposing || field.tagName !== "INPUT") return;
  const button = field.closest(".bng-entering")?.querySelector("button");
  if (!button || button.disabled) return;
  // What was typed leaves first: fields tell it when they change.
  field.dispatchEvent(new Event("change", { bubbles: true }));
  button.click();
}

let listeners = 0;

function render({ el }) {
  el.style.display = "none";
  if ((listeners += 1) === 1) document.addEventListener("keydown", press, true);
  return () => {
    if ((listeners -= 1) === 0) document.removeEventListener("keydown", press, true);
  };
}

export default { render };
