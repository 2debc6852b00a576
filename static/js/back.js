// A browser that keeps whole pages to go back to would show one to whoever comes after
// its person, and rows that are gone. Such a page is emptied when it is left and asked
// for again.

addEventListener("pagehide", (event) => { document.body.hidden = event.persisted; });
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
