// The server shows times in the zone that it finds in this cookie.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

if (zone && !document.cookie.split("; ").includes(`tollgate_zone=${zone}`)) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `tollgate_zone=${zone}; path=/; max-age=31536000; samesite=lax${secure}`;
}
