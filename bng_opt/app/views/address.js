// The address of a run in a field that can be copied, by a button or by hand.
let count = 0;

function render({ model, el }) {
  const id = `bng-address-${(count += 1)}`;
  const box = document.createElement("div");
  box.className = "bng-address";
  const label = document.createElement("label");
  label.htmlFor = id;
  label.textContent = "Address of this result";
  const field = document.createElement("input");
  field.id = id;
  field.type = "text";
  field.readOnly = true;
  field.addEventListener("focus", () => field.select());
  const button = document.createElement("button");
  button.type = "button";
  button.className = "bng-button";
  button.textContent = "Copy the address";
  const said = document.createElement("span");
  said.className = "bng-help";
  said.setAttribute("role", "status");
  box.append(label, field, button, said);
  el.append(box);

  async function copy() {
    try {
      // Only pages of a secure origin have a clipboard.
      await navigator.clipboard.writeText(field.value);
      said.textContent = "Copied.";
    } catch {
      field.focus();
      said.textContent = document.execCommand("copy") ? "Copied." : "Copy it from the field.";
    }
  }

  function draw() {
    const address = new URL(location.href);
    address.search = "";
    address.hash = "";
    address.searchParams.set("run", model.get("run"));
    field.value = String(address);
    said.textContent = "";
  }

  button.addEventListener("click", copy);
  model.on("change:run", draw);
  draw();
}

export default { render };
