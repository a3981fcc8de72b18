/** The look of the reference, by day and by night. */
export const style = `
:root{color-scheme:light dark;--ink:#1c2127;--soft:#5b6672;--paper:#fff;--side:#f5f7f9;--line:#dde3e9;--code:#eef2f5;--link:#0a5a9c;--get:#0b6e4f;--post:#0a5a9c;--patch:#8a5a00}
@media(prefers-color-scheme:dark){:root{--ink:#e4e8ec;--soft:#9aa6b2;--paper:#14181d;--side:#1a1f26;--line:#2c343d;--code:#20272f;--link:#6cb6ff;--get:#4cc38a;--post:#6cb6ff;--patch:#e0b050}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;display:grid;grid-template-columns:20rem minmax(0,1fr);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;color:var(--ink);background:var(--paper)}
nav{position:sticky;top:0;height:100vh;overflow-y:auto;padding:1.25rem 1rem;background:var(--side);border-right:1px solid var(--line);font-size:.85rem}
nav h2{margin:1.25rem 0 .25rem;font-size:.72rem;letter-spacing:.07em;text-transform:uppercase;color:var(--soft)}
nav ul{list-style:none;margin:0;padding:0}
nav a{display:block;padding:.18rem .4rem;border-radius:5px;color:var(--ink);text-decoration:none;overflow-wrap:anywhere}
nav a:hover,nav a:focus-visible{background:var(--code)}
input{width:100%;padding:.5rem .7rem;font:inherit;color:inherit;background:var(--paper);border:1px solid var(--line);border-radius:7px}
main{max-width:62rem;padding:2rem 3rem 6rem}
h1{margin:0 0 .5rem;font-size:2rem;line-height:1.2}h1 small{font-weight:400;font-size:1rem;color:var(--soft)}
main h2{margin:3rem 0 1rem;padding-bottom:.3rem;font-size:1.4rem;border-bottom:1px solid var(--line)}
h3{margin:0 0 .4rem;font-size:1.02rem;line-height:1.4;overflow-wrap:anywhere}
section{margin:0 0 1.25rem;padding:1.1rem 1.25rem;border:1px solid var(--line);border-radius:10px}
section:target{border-color:var(--link)}
p{margin:.4rem 0}a{color:var(--link)}.anchor{margin-left:.5rem;color:var(--soft);text-decoration:none;opacity:0}h3:hover .anchor,.anchor:focus-visible{opacity:1}
code,pre{font:.86em/1.5 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace}
td code,p code{padding:.08em .3em;background:var(--code);border-radius:4px}
pre{margin:.8rem 0 0;padding:.8rem 1rem;white-space:pre-wrap;overflow-wrap:anywhere;background:var(--code);border-radius:8px}
table{width:100%;margin:.8rem 0;border-collapse:collapse;font-size:.9rem}
th{text-align:left;font-weight:600;color:var(--soft)}
th,td{padding:.35rem 1rem .35rem 0;vertical-align:top;border-bottom:1px solid var(--line)}
td:last-child{width:65%}td em{color:var(--soft);font-style:normal}
section[hidden],li[hidden],tr[hidden],h2[hidden]{display:none}.method{display:inline-block;min-width:3.1rem;font-size:.72rem;letter-spacing:.03em}.get{color:var(--get)}.post{color:var(--post)}.patch{color:var(--patch)}
.facts{font-size:.88rem;color:var(--soft)}.scope{padding:.1rem .5rem;border:1px solid var(--line);border-radius:99px}
@media(max-width:60rem){body{display:block}nav{position:static;height:auto;border-right:0;border-bottom:1px solid var(--line)}main{padding:1.5rem 1rem 4rem}td{overflow-wrap:anywhere}}
@media print{nav{display:none}body{display:block}}`;

/** Leaves on the page what has all the words that were typed; rows of the long tables one by one. `/` goes to the search. */
export const script = `
const search = document.getElementById("search");
const parts = [...document.querySelectorAll("main section")].map((section) => ({
  section,
  entry: document.querySelector('li[data-for="' + section.id + '"]'),
  rows: ["options", "errors"].includes(section.id) ? [...section.querySelectorAll("tbody tr")] : [],
}));
const headings = [...document.querySelectorAll("main > h2, nav > h2")];
const has = (element, words) => words.every((word) => element.textContent.toLowerCase().includes(word));
const shows = (heading) => {
  for (let next = heading.nextElementSibling; next !== null && next.tagName !== "H2"; next = next.nextElementSibling) {
    if (next.tagName === "UL" ? [...next.children].some((item) => !item.hidden) : next.tagName === "SECTION" && !next.hidden) return true;
  }
  return false;
};
search.addEventListener("input", () => {
  const words = search.value.toLowerCase().split(/\\s+/).filter((word) => word !== "");
  for (const { section, entry, rows } of parts) {
    for (const row of rows) row.hidden = !has(row, words);
    section.hidden = rows.length > 0 ? rows.every((row) => row.hidden) : !has(section, words);
    entry.hidden = section.hidden;
  }
  for (const heading of headings) heading.hidden = !shows(heading);
  document.getElementById("none").hidden = parts.some(({ section }) => !section.hidden);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target === search) return;
  event.preventDefault();
  search.focus();
});`;
