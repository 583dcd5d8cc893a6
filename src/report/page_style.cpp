#include "finemix/report/page_style.h"

namespace finemix {

std::string_view page_style() {
  return R"css(:root {
  color-scheme: light dark;
  --page: #fbfaf7; --text: #1b1f24; --quiet: #59626e; --line: #d9d7d0; --strong: #1b1f24;
  --panel: #ffffff; --link: #0b5a8f; --good: #00704f; --bad: #b23a00; --tint: #f3f1eb;
  --serif: Charter, "Bitstream Charter", "Iowan Old Style", "Source Serif 4", Cambria, Georgia, serif;
  --sans: system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #111418; --text: #e4e7eb; --quiet: #a3adb8; --line: #333b45; --strong: #f4f6f8;
    --panel: #15191e; --link: #7cc0ee; --good: #4fd0a6; --bad: #ff9a62; --tint: #1b2027;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body { margin: 0; background: var(--page); color: var(--text); font: 1.0625rem/1.6 var(--serif);
  overflow-wrap: anywhere; }
main, .masthead, .colophon { max-width: 84rem; margin: 0 auto; padding: 0 clamp(1rem, 4vw, 3rem); }
.masthead { padding-top: clamp(2rem, 6vw, 4.5rem); }
.kicker { font: 600 .8125rem/1.4 var(--sans); letter-spacing: .04em; color: var(--quiet); margin: 0; }
h1 { font-size: clamp(1.75rem, 1.2rem + 2.4vw, 2.875rem); line-height: 1.14; font-weight: 600;
  letter-spacing: -.012em; margin: .5rem 0 1.5rem; max-width: 24em; text-wrap: balance;
  color: var(--strong); }
h2 { font-size: 1.75rem; line-height: 1.25; font-weight: 600; margin: 4rem 0 1rem;
  padding-top: 1.25rem; border-top: 3px double var(--line); color: var(--strong); }
h3 { font-size: 1.3125rem; line-height: 1.3; font-weight: 600; margin: 3.25rem 0 .375rem;
  color: var(--strong); }
h4 { font: 600 .9375rem/1.4 var(--sans); margin: 2rem 0 .625rem; color: var(--strong); }
p { margin: 0 0 1rem; max-width: 42rem; }
.lead { font-size: 1.25rem; line-height: 1.5; }
.findings { max-width: 42rem; margin: 0 0 1rem; padding-left: 1.2em; }
.findings li { margin-bottom: .375rem; }
.facts { font: .875rem/1.5 var(--sans); color: var(--quiet); margin: 0 0 .875rem; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: .18em; }
nav { font: .9375rem/1.9 var(--sans); border-block: 1px solid var(--line); padding: .75rem 0;
  margin: 2rem 0 0; }
nav p { max-width: none; margin: 0; }
nav a { margin-right: 1rem; white-space: nowrap; text-decoration: none; }
nav a:hover { text-decoration: underline; }
nav b { margin-right: 1rem; font-weight: 600; }
code, pre { font-family: var(--mono); font-size: .8125rem; }
.key { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.125rem; max-width: 46rem;
  font: .875rem/1.5 var(--sans); margin: 1rem 0 0; }
.key dt { font-weight: 600; } .key dd { margin: 0; color: var(--quiet); }
.scroll { overflow-x: auto; margin: 0 0 .5rem; max-width: 100%; }
.scroll:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
table { border-collapse: collapse; font: .875rem/1.35 var(--sans);
  font-variant-numeric: tabular-nums lining-nums; }
table { border-top: 2px solid var(--strong); border-bottom: 2px solid var(--strong); }
thead th { border-bottom: 1px solid var(--strong); font-weight: 600; vertical-align: bottom; }
th, td { padding: .34rem .6rem; text-align: left; white-space: nowrap; font-weight: 400; }
tbody tr + tr > * { border-top: 1px solid color-mix(in srgb, var(--line) 55%, transparent); }
tbody tr:hover > * { background: var(--tint); }
tbody th { position: sticky; left: 0; background: var(--page); }
th.long { white-space: normal; min-width: 20rem; }
.right { text-align: right; }
.strong, .strong th { font-weight: 650; }
.dim { color: var(--quiet); } .good { color: var(--good); } .bad { color: var(--bad); }
.heat { print-color-adjust: exact; -webkit-print-color-adjust: exact;
  background: rgb(213 94 0 / calc(var(--share) * .62)); }
tbody tr:hover > .heat { background: rgb(213 94 0 / calc(var(--share) * .62)); }
.note { font: .8125rem/1.5 var(--sans); color: var(--quiet); max-width: 46rem; }
.figures { columns: 27rem 2; column-gap: 2rem; margin: 1.25rem 0 0; }
figure { margin: 0 0 1.5rem; background: var(--panel); border: 1px solid var(--line); border-radius: 4px;
  padding: .875rem .875rem .75rem; break-inside: avoid; }
figure svg { display: block; width: 100%; height: auto; }
figcaption { font: .8125rem/1.5 var(--sans); color: var(--quiet); margin-top: .625rem; }
figcaption b { color: var(--text); font-weight: 600; }
pre { background: var(--tint); border: 1px solid var(--line); border-radius: 4px; padding: .75rem 1rem;
  overflow-x: auto; white-space: pre; }
pre.command { white-space: pre-wrap; }
details { margin: .5rem 0; } summary { cursor: pointer; font: 600 .9375rem/1.6 var(--sans); }
.missing { font: .9375rem/1.5 var(--sans); border-left: 3px solid var(--bad); padding-left: .75rem; }
.subject { margin: 0; border-top: 1px solid var(--line); }
.subject:last-of-type { border-bottom: 1px solid var(--line); }
.subject > summary { padding: .75rem .25rem .75rem 1.5rem; text-indent: -1.125rem; line-height: 1.4; }
.subject > summary:hover { background: var(--tint); }
.subject > summary h3 { display: inline; margin: 0; font-family: var(--serif); }
.subject > summary:focus-visible { outline: 2px solid var(--link); outline-offset: -2px; }
.glance { display: block; text-indent: 0; font-weight: 400; font-size: .875rem; color: var(--quiet); }
.subject > div { padding-bottom: 2rem; scroll-margin-top: 5.5rem; }
.verdict { font: 650 .9375rem/1 var(--sans); letter-spacing: .02em; margin: 0 0 1rem; }
.verdict::before { content: ""; display: inline-block; width: .7em; height: .7em; margin-right: .5em;
  background: currentColor; border-radius: 50%; }
.verdict.bad::before { border-radius: 0; }
.example { margin: 0 0 1rem; max-width: 46rem; display: grid; gap: .25rem .875rem;
  grid-template-columns: max-content 1fr; border-left: 3px solid var(--line); padding-left: .875rem; }
.example dt { font: .8125rem/1.85 var(--sans); color: var(--quiet); }
.example dd { margin: 0; }
.answer { font: .8125rem/1.5 var(--sans); color: var(--quiet); }
mark { background: #ffdca8; color: #1b1f24; padding: .05em .25em; border-radius: 3px; font-weight: 600;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.gauge { position: relative; height: .5rem; max-width: 27rem; margin: .25rem 0 .625rem;
  background: linear-gradient(to right, var(--good) calc(var(--score) * 100%), var(--line) 0);
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.gauge.bad { background: linear-gradient(to right, var(--bad) calc(var(--score) * 100%), var(--line) 0); }
.gauge::after { content: ""; position: absolute; top: -.25rem; bottom: -.25rem; width: 2px;
  left: calc(var(--threshold) * 100% - 1px); background: var(--strong); }
.colophon { padding-bottom: 4rem; }
@media (max-width: 34rem) {
  body { font-size: 1rem; }
  .lead { font-size: 1.125rem; }
  th, td { padding: .34rem .5rem; }
  tbody th.name { white-space: normal; min-width: 8rem; max-width: 9.5rem; overflow-wrap: anywhere; }
  .key { grid-template-columns: 1fr; gap: 0; } .key dd { margin-bottom: .5rem; }
  figure { margin-inline: -1rem; padding: .625rem .25rem; border-inline: 0; border-radius: 0; }
  figcaption { padding: 0 .75rem; }
}
@media print {
  @page { margin: 14mm 12mm; }
  :root { color-scheme: light; --page: #ffffff; --tint: #f4f4f4; }
  body { font-size: 10pt; line-height: 1.4; }
  h1 { font-size: 20pt; } h2 { font-size: 15pt; margin-top: 1.5rem; } h3 { font-size: 12pt; margin-top: 1.25rem; }
  h2, h3, h4, .facts { break-after: avoid; }
  main, .masthead, .colophon { max-width: none; padding-inline: 0; }
  .masthead { padding-top: 0; }
  nav { display: none; }
  .scroll { overflow: visible; }
  table { font-size: 7pt; width: 100%; } th, td { padding: 1.4pt 1.8pt; } tbody th { position: static; }
  tbody th.name { white-space: normal; min-width: 48pt; overflow-wrap: anywhere; }
  thead { display: table-header-group; } tr { break-inside: avoid; }
  .figures { columns: 2; column-gap: 4mm; } figure { padding: 2mm; margin-bottom: 4mm; }
  figcaption, .note, .facts, .key { font-size: 8pt; } .lead { font-size: 12pt; }
  a { color: inherit; text-decoration: none; }
  pre { white-space: pre-wrap; }
  .subject { border: 0 !important; } .subject > summary { padding: 0; text-indent: 0; }
  summary { list-style: none; break-after: avoid; } summary::-webkit-details-marker { display: none; }
  .subject > summary h3 { display: block; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
)css";
}

}  // namespace finemix
