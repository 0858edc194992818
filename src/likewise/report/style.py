"""How a page looks: one column of serif text, quiet rules, colours for light, dark and paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --paper: #fdfcfa; --ink: #22252a; --quiet: #63686f; --line: #e2dfd8;
  --wash: #f4f2ed; --accent: #1f5f93; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16181b; --ink: #e4e2dd; --quiet: #9ba0a7; --line: #30343a;
    --wash: #1e2125; --accent: #86b9e6; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 46rem; padding: clamp(1.5rem, 6vw, 4rem) clamp(1rem, 5vw, 2rem) 5rem;
  background: var(--paper); color: var(--ink); overflow-wrap: break-word;
  font: 1.0625rem/1.6 Charter, "Bitstream Charter", "Sitka Text", Cambria, Georgia, serif; }
h1, h2 { font-weight: 600; line-height: 1.2; letter-spacing: -.01em; text-wrap: balance; }
h1 { margin: 0; font-size: clamp(1.75rem, 6vw, 2.375rem); }
h2 { margin: 3.25rem 0 .75rem; padding-top: 1.25rem; border-top: 1px solid var(--line); font-size: 1.375rem; }
p { margin: .75rem 0; max-width: 38rem; text-wrap: pretty; }
.lead { color: var(--quiet); font-size: 1.1875rem; line-height: 1.5; }
nav, table, figcaption { font-family: system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
nav { margin: 1.75rem 0 0; font-size: .9375rem; }
nav ol { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0; padding: 0; list-style: none; }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: .2em; }
pre { margin: 1rem 0; padding: .75rem 1rem; overflow-x: auto; background: var(--wash); border-radius: 4px;
  font: .875rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; tab-size: 4; }
.scroll { margin: 1.25rem 0; overflow-x: auto; }
table { border-collapse: collapse; font-size: .9375rem; line-height: 1.4; }
th, td { padding: .375rem clamp(.75rem, 3vw, 1.5rem) .375rem 0; border-bottom: 1px solid var(--line);
  text-align: start; vertical-align: baseline; }
th { color: var(--quiet); font-size: .8125rem; font-weight: 500; white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
figure { margin: 1.5rem 0; }
svg { display: block; width: 100%; min-width: 34rem; height: auto; }
figcaption { color: var(--quiet); font-size: .875rem; line-height: 1.45; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media print {
  :root { color-scheme: light; --paper: #fff; --ink: #000; --quiet: #444; --line: #bbb;
    --wash: #f4f4f4; --accent: #000; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  nav { display: none; }
  svg { min-width: 0; }
  pre { white-space: pre-wrap; }
  .scroll { overflow: visible; }
  h2 { break-after: avoid; }
  figure, tr, pre { break-inside: avoid; }
}
"""
