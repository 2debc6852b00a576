// Pages at Logz.io have fragments for addresses, which a server never sees.
const leadOn = () => {
  const [, page] = location.hash.match(/^#(\/dashboard\/.*)/) ?? [];
  if (page) location.replace(page);
};

addEventListener("hashchange", leadOn);
leadOn();
