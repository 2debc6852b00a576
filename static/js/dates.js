// WebKit shows today in a date field that is empty; styles hide it where this says so.

const DATES = "input[type='date'], input[type='datetime-local']";

for (const moment of ["input", "change", "reset", "htmx:afterSettle"]) {
  document.addEventListener(moment, () => setTimeout(mark));
}
mark();

function mark() {
  for (const field of document.querySelectorAll(DATES)) field.toggleAttribute("data-empty", !field.value);
}
