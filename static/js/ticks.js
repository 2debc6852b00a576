// What is done while a search is on its way stays: its answer knows only what was ticked
// when it was asked for.

const LISTS = ".picker-options, .options";

document.addEventListener("htmx:beforeSwap", ({ detail: { target, xhr } }) => {
  if (!target.matches(LISTS)) return;
  const before = boxes(target);
  // In the task of the swap, as everything that must not be seen.
  xhr.addEventListener("loadend", () => keep(document.getElementById(target.id), before));
});

// A row to type into that was opened meanwhile is not swapped away under its person.
const rowBefore = new WeakMap();
const openRow = (target) => target.querySelector?.(".row-form form");

document.addEventListener("htmx:beforeRequest", ({ detail: { target, xhr } }) => {
  rowBefore.set(xhr, openRow(target));
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const row = detail.target.id === "found" && openRow(detail.target);
  if (row && row !== rowBefore.get(detail.xhr)) detail.shouldSwap = false;
});

function keep(list, before) {
  if (!list || list.contains(before[0])) return;
  const after = new Map(boxes(list).map((box) => [box.value, box]));
  for (const box of before.toReversed()) {
    const found = after.get(box.value);
    if (found) found.checked = box.checked;
    else if (box.checked) list.prepend(box.closest("li") ?? box.closest("label"));
  }
}

function boxes(list) {
  return [...list.querySelectorAll("[type='checkbox']")];
}
