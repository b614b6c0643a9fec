import { THEME } from './theme.js';

/** The page's style sheet: light and dark, from phone to desk, numbers in columns. */
export const STYLE = `
${THEME}html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0 auto; padding: 2.5rem clamp(1rem, 4vw, 3rem) 5rem; max-width: 76rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 var(--sans);
  font-variant-numeric: tabular-nums;
}
.kicker { color: var(--soft); font-size: .8125rem; letter-spacing: .06em; text-transform: uppercase; }
h1 { font-size: clamp(1.75rem, 5vw, 2.75rem); line-height: 1.15; letter-spacing: -.02em; overflow-wrap: anywhere; margin: .25rem 0 .75rem; }
.verdict { font-size: clamp(1.0625rem, 2.4vw, 1.375rem); line-height: 1.45; max-width: 52ch; margin-bottom: .75rem; text-wrap: pretty; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin-top: 1.25rem; padding: .75rem 0; border-block: 1px solid var(--line); font-size: .9375rem; }
nav a { text-decoration: none; } nav a:hover { text-decoration: underline; }
main > section { margin-top: 3.5rem; scroll-margin-top: 1rem; }
h2 { font-size: 1.5rem; letter-spacing: -.01em; line-height: 1.25; margin-bottom: .75rem; }
h3 { font-size: 1.0625rem; line-height: 1.35; }

.scroll { overflow-x: auto; margin: 2rem 0 .75rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; white-space: nowrap; }
th, td { padding: .55rem .9rem; text-align: right; }
th:first-child { text-align: left; position: sticky; left: 0; background: var(--card); }
thead th { color: var(--soft); font-weight: 500; font-size: .8125rem; border-bottom: 1px solid var(--line); }
tbody th { font-weight: 500; }
tbody.baselines tr:first-child > * { border-top: 2px solid var(--line); }
tbody.baselines th, tbody.baselines td { color: var(--soft); }
td.strong { font-weight: 650; }
tr.last th, tr.last td { background: var(--accent-soft); }

.dots { display: grid; gap: .35rem; margin: 1rem 0; }
.dots li { display: grid; grid-template-columns: minmax(6rem, 10rem) 1fr 12rem; gap: 1rem; align-items: center; }
.dots .label { overflow-wrap: anywhere; font-weight: 500; font-size: .9375rem; }
.dots .track { position: relative; height: 1.6rem; background: linear-gradient(var(--line), var(--line)) center / 100% 1px no-repeat; }
.dots .bar { position: absolute; top: 50%; height: .6rem; margin-top: -.3rem; border-radius: .3rem; background: var(--accent-soft); border: 1px solid var(--accent); min-width: 2px; }
.dots .dot { position: absolute; top: 50%; width: .8rem; height: .8rem; margin: -.4rem 0 0 -.4rem; border-radius: 50%; background: var(--accent); }
.dots .base .bar, .dots .rival .bar { background: var(--rival-soft); border-color: var(--rival); }
.dots .base .dot, .dots .rival .dot { background: var(--paper); border: 3px solid var(--rival); }
.dots .value { text-align: left; font-size: .9375rem; white-space: nowrap; }
.dots .axis .track { background: none; border-top: 1px solid var(--line); }
.dots .axis i { position: absolute; top: .2rem; transform: translateX(-50%); font-style: normal; font-size: .75rem; color: var(--soft); white-space: nowrap; }
.dots .axis i:first-child { transform: none; }
.dots .axis i:last-child { transform: translateX(-100%); }
.dots .zero { position: absolute; top: -.2rem; bottom: -.2rem; width: 1px; background: var(--soft); }

.filters { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: end; margin: 1.25rem 0; }
fieldset { border: 0; display: flex; flex-wrap: wrap; gap: .35rem; min-width: 0; }
legend { font-size: .8125rem; color: var(--soft); margin-bottom: .3rem; }
.filters label { position: relative; cursor: pointer; }
.filters input { position: absolute; opacity: 0; inset: 0; width: 100%; height: 100%; margin: 0; cursor: pointer; }
.filters label span { display: block; padding: .35rem .85rem; border: 1px solid var(--line); border-radius: 99rem; background: var(--card); font-size: .875rem; }
.filters input:checked + span { background: var(--ink); border-color: var(--ink); color: var(--paper); font-weight: 600; }
.filters input:focus-visible + span { outline: 3px solid var(--accent); outline-offset: 2px; }
output { color: var(--soft); font-size: .875rem; padding-bottom: .35rem; }

.rollouts { display: grid; gap: 1.5rem; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: clamp(1rem, 2.5vw, 1.5rem); display: grid; gap: 1rem; min-width: 0; }
article[hidden] { display: none; }
article h3 { font-size: 1.1875rem; letter-spacing: -.005em; overflow-wrap: anywhere; }
.tags { display: flex; flex-wrap: wrap; gap: .4rem .6rem; align-items: center; margin-top: .45rem; }
.badge, .tag { font-size: .8125rem; padding: .1rem .6rem; border-radius: 99rem; border: 1px solid var(--line); color: var(--soft); }
.badge { font-weight: 650; border-color: transparent; }
.badge.right { background: var(--right-soft); color: var(--right); }
.badge.wrong { background: var(--wrong-soft); color: var(--wrong); }
.file { color: var(--soft); overflow-wrap: anywhere; }
.strip { display: grid; grid-template-columns: repeat(var(--frames), minmax(0, 10rem)); gap: 4px; }
.strip span { position: relative; display: block; min-width: 0; }
.strip i { display: block; aspect-ratio: var(--aspect); background: var(--strip) calc(var(--at) * 100%) 0 / calc(var(--frames) * 100%) 100% no-repeat; image-rendering: pixelated; border-radius: 3px; }
.strip small { display: block; text-align: center; font-size: .6875rem; line-height: 1.5; }
.strip .looked i { outline: 3px solid var(--box); outline-offset: -1px; }
.strip .looked small { color: var(--ink); font-weight: 700; }
.turns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15.5rem), 1fr)); gap: 1.25rem; align-items: start; }
.turns li { min-width: 0; }
.turns h4 { font-size: .9375rem; font-weight: 600; display: flex; gap: .5rem; align-items: baseline; margin-bottom: .5rem; }
.turns h4 span { flex: none; width: 1.5rem; height: 1.5rem; border-radius: 50%; background: var(--ink); color: var(--paper); font-size: .8125rem; text-align: center; line-height: 1.5rem; }
.turns h4 small { margin-left: auto; white-space: nowrap; }
blockquote { margin: 0 0 .6rem; padding-left: .75rem; border-left: 3px solid var(--line); color: var(--soft); font-size: .9375rem; overflow-wrap: anywhere; white-space: pre-wrap; }
.refused { font-size: .9375rem; color: var(--wrong); overflow-wrap: anywhere; }
.look { display: grid; gap: .5rem; }
.frame { position: relative; line-height: 0; overflow: hidden; border-radius: 6px; }
.frame img { width: 100%; height: auto; }
.box { position: absolute; border: 2px solid var(--box); box-shadow: 0 0 0 1px #0009, inset 0 0 0 1px #0009; border-radius: 2px; }
.region { background: #0000000d; border: 2px solid var(--box); border-radius: 6px; padding: 4px; line-height: 0; text-align: center; }
.region img { width: 100%; max-height: 9rem; object-fit: contain; image-rendering: pixelated; }
.answer { border-radius: 10px; padding: .9rem 1rem 1rem; align-self: stretch; }
.answer.right { background: var(--right-soft); } .answer.wrong { background: var(--wrong-soft); }
.answer dl { display: grid; gap: .15rem; }
.answer dt { font-size: .75rem; color: var(--soft); }
.answer dd { font: 650 1.75rem/1.25 var(--mono); overflow-wrap: anywhere; }
.answer div + div dd { font-weight: 400; }
.outcome { margin-top: .5rem; font-weight: 650; }
.right .outcome { color: var(--right); } .wrong .outcome { color: var(--wrong); }

.stage-curves { margin-top: 1.5rem; }
.curves { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15.5rem), 1fr)); gap: 1rem; margin-top: .6rem; }
.curves figure { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: .75rem; min-width: 0; }
figcaption { display: flex; justify-content: space-between; gap: 1rem; font-size: .875rem; padding: 0 .25rem .35rem; }
.chart svg { width: 100%; height: auto; display: block; }
.chart > div { width: 100% !important; height: auto !important; }
details { margin-top: .75rem; } summary { cursor: pointer; font-size: .875rem; color: var(--soft); }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 14rem), 1fr)); gap: .1rem 2rem; margin: .5rem 0 .75rem; font-size: .9375rem; }
.pairs.wide { grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); }
.pairs div { display: flex; justify-content: space-between; gap: 1rem; border-bottom: 1px solid var(--line); padding: .35rem 0; min-width: 0; }
.pairs dt { color: var(--soft); flex: none; } .pairs dd { text-align: right; overflow-wrap: anywhere; font-weight: 500; }
.times { display: grid; gap: 1.25rem; margin-top: 1rem; }
.stack { display: flex; gap: 2px; height: 1.25rem; margin: .5rem 0; border-radius: 6px; overflow: hidden; }
.stack i { min-width: 1px; flex-basis: 0; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.25rem; font-size: .875rem; }
.legend i { display: inline-block; width: .7rem; height: .7rem; border-radius: 3px; margin-right: .4rem; }
.shade0 { background: var(--shade0); } .shade1 { background: var(--shade1); } .shade2 { background: var(--shade2); }
.shade3 { background: var(--shade3); } .shade4 { background: var(--shade4); } .shade5 { background: var(--shade5); }
.shade6 { background: var(--shade6); } .shade7 { background: var(--shade7); }

@media (max-width: 40rem) {
  body { padding-top: 1.5rem; }
  .strip { grid-template-columns: repeat(4, 1fr); }
  .dots li { grid-template-columns: 1fr auto; gap: 0 .75rem; }
  .dots .track { grid-column: 1 / -1; grid-row: 2; }
  .dots .value { text-align: right; }
  .dots .axis .label, .dots .axis .value { display: none; }
}
@media print { nav, .filters, .skip { display: none; } article { break-inside: avoid; } }
`;
