import { THEME } from '../report/html/theme.js';

/** The page's style sheet: one screen high, the list and the trajectory scroll by themselves. */
export const STYLE = `
${THEME}
html, body { height: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: .9375rem/1.5 var(--sans); font-variant-numeric: tabular-nums; }
#app { height: 100dvh; display: grid; grid-template-rows: auto minmax(0, 1fr) auto; }
#app > .note, noscript .note { padding: 2rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

header { display: grid; grid-template-columns: auto minmax(9rem, 1fr) auto auto; gap: .5rem 1.5rem; align-items: center; padding: .6rem 1.25rem; border-bottom: 1px solid var(--line); background: var(--card); }
h1 { font-size: 1.0625rem; letter-spacing: -.01em; white-space: nowrap; }
h1 small { display: inline-block; max-width: 14rem; margin-left: .5rem; overflow: hidden; text-overflow: ellipsis; vertical-align: bottom; }
.progress p { font-size: .8125rem; color: var(--soft); line-height: 1.3; margin-top: .25rem; }
.progress b { color: var(--ink); }
.bar { display: flex; gap: 2px; height: .5rem; border-radius: 99rem; overflow: hidden; background: var(--line); }
.bar i { flex-basis: 0; transition: flex-grow .2s; }
.bar .accepted { background: var(--right); } .bar .rejected { background: var(--wrong); } .bar .mended { background: var(--accent); }
.filters, .tools, .row { display: flex; gap: .5rem; align-items: center; }
.only-narrow { display: none; }

button, select, input, textarea { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .35rem .7rem; }
input, select, textarea { border-color: var(--edge, var(--soft)); }
button { cursor: pointer; display: inline-flex; align-items: center; gap: .55rem; font-weight: 550; white-space: nowrap; }
button:hover:not(:disabled) { border-color: var(--ink); }
button:disabled { opacity: .45; cursor: default; }
kbd { font: 600 .75rem/1.35 var(--mono); padding: 0 .35rem; border: 1px solid currentColor; border-radius: 4px; opacity: .75; }
button.accepted { background: var(--right-soft); color: var(--right); border-color: var(--right); }
button.rejected { background: var(--wrong-soft); color: var(--wrong); border-color: var(--wrong); }
button.mended { background: var(--accent-soft); color: var(--accent); border-color: var(--accent); }
input[type=search] { width: 11rem; }
.field { display: grid; gap: .2rem; font-size: .8125rem; color: var(--soft); }
.field input, .field textarea, .field select { font-size: .9375rem; color: var(--ink); }
.field.narrow { max-width: 16rem; margin-bottom: .6rem; }
textarea { resize: vertical; width: 100%; field-sizing: content; min-height: 3.6rem; }
[aria-invalid=true] { border-color: var(--wrong); outline-color: var(--wrong); }

.body { display: grid; grid-template-columns: 19rem minmax(0, 1fr); min-height: 0; }
nav { display: grid; grid-template-rows: auto minmax(0, 1fr); border-right: 1px solid var(--line); min-height: 0; }
.count { padding: .5rem 1rem; font-size: .8125rem; color: var(--soft); border-bottom: 1px solid var(--line); }
.list { overflow-y: auto; }
.list .note { padding: 1rem; }
.list ul { position: relative; }
.list li { position: absolute; left: 0; right: 0; height: 82px; padding: .5rem 1rem .5rem .65rem; display: grid; grid-template-columns: 1.4rem minmax(0, 1fr); gap: .45rem; cursor: pointer; border-bottom: 1px solid var(--line); border-left: 4px solid transparent; }
.list li:hover { background: var(--card); }
.list li[aria-selected=true] { background: var(--accent-soft); border-left-color: var(--accent); }
.list li i { font-style: normal; font-weight: 700; text-align: center; }
.list li.accepted i { color: var(--right); } .list li.rejected i, .list li.refused i { color: var(--wrong); } .list li.mended i { color: var(--accent); }
.list small { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.list b { font-weight: 500; font-size: .875rem; line-height: 1.3; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; overflow-wrap: anywhere; }

main { overflow-y: auto; padding: 1.25rem clamp(1rem, 3vw, 2.5rem) 3rem; scroll-behavior: auto; }
main:focus { outline: none; }
article { max-width: 68rem; margin: 0 auto; }
h2 { font-size: 1.5rem; line-height: 1.3; letter-spacing: -.01em; overflow-wrap: anywhere; text-wrap: pretty; }
.tags { display: flex; flex-wrap: wrap; gap: .4rem .6rem; align-items: center; margin-bottom: .5rem; }
.tag, .badge { font-size: .8125rem; padding: .05rem .6rem; border-radius: 99rem; border: 1px solid var(--line); color: var(--soft); }
.tag { text-transform: uppercase; letter-spacing: .04em; font-size: .75rem; }
.badge { font-weight: 650; border-color: transparent; }
.badge.accepted { background: var(--right-soft); color: var(--right); }
.badge.rejected, .badge.refused { background: var(--wrong-soft); color: var(--wrong); }
.badge.mended { background: var(--accent-soft); color: var(--accent); }
.file { color: var(--soft); overflow-wrap: anywhere; }
.truth { display: flex; flex-wrap: wrap; gap: .5rem; align-items: baseline; margin-top: .5rem; }
.truth bdi { font: 650 1.125rem/1.4 var(--mono); padding: .1rem .6rem; border-radius: 6px; background: var(--right-soft); color: var(--right); overflow-wrap: anywhere; }
.truth .other { color: var(--wrong); } .truth .other bdi { font-size: .875rem; background: var(--wrong-soft); color: var(--wrong); }
.why { margin-top: .6rem; padding: .4rem .8rem; border-left: 3px solid var(--wrong); background: var(--wrong-soft); border-radius: 0 6px 6px 0; overflow-wrap: anywhere; }

.turns { display: grid; gap: .75rem; margin-top: 1rem; }
.turn { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: .8rem 1rem 1rem; min-width: 0; }
.mending .turn { border-color: var(--accent); }
h3 { font-size: .9375rem; display: flex; gap: .6rem; align-items: center; margin-bottom: .6rem; }
h3 span { flex: none; width: 1.5rem; height: 1.5rem; border-radius: 50%; background: var(--ink); color: var(--paper); font-size: .8125rem; text-align: center; line-height: 1.5rem; }
blockquote { margin: 0 0 .7rem; padding-left: .75rem; border-left: 3px solid var(--line); max-width: 72ch; overflow-wrap: anywhere; white-space: pre-wrap; }
.turn > .field { margin-bottom: .8rem; }
.said { font: 650 1.25rem/1.4 var(--mono); overflow-wrap: anywhere; }
.look { display: grid; grid-template-columns: minmax(0, 29rem) minmax(0, 1fr); gap: 1.1rem; align-items: start; }
.frame { position: relative; background: var(--line); border-radius: 6px; line-height: 0; overflow: hidden; }
.frame img { width: 100%; height: auto; display: block; user-select: none; }
.frame .refused { position: absolute; inset: 0; display: grid; place-content: center; }
.box { position: absolute; border: 2px solid var(--box); box-shadow: 0 0 0 1px #000b, inset 0 0 0 1px #000b; border-radius: 2px; }
.box.faint { border-style: dashed; border-width: 1px; }
.box.editing { cursor: move; touch-action: none; box-shadow: 0 0 0 1px #000b, 0 0 0 100vmax #0007; }
.box.editing:focus-visible { outline: 2px solid #fff; outline-offset: 2px; }
.grip { position: absolute; width: 16px; height: 16px; margin: -9px; background: var(--box); border: 2px solid #000b; border-radius: 50%; touch-action: none; }
.grip.top { top: 0; } .grip.bottom { bottom: 0; } .grip.left { left: 0; } .grip.right { right: 0; }
.grip.top.left, .grip.bottom.right { cursor: nwse-resize; } .grip.top.right, .grip.bottom.left { cursor: nesw-resize; }
.mending .look { grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); }
.stepper { display: flex; gap: .75rem; align-items: center; justify-content: center; margin-top: .5rem; font-size: .875rem; }
.native .region { max-width: 100%; border: 2px solid var(--box); border-radius: 6px; padding: 2px; background: var(--paper); line-height: 0; overflow: hidden; }
.native img { width: 100%; height: auto; display: block; image-rendering: pixelated; }
.region.cut { position: relative; padding: 0; } .region.cut img { position: absolute; image-rendering: auto; max-width: none; }
figcaption { font-size: .8125rem; color: var(--soft); margin-top: .3rem; }
.clip-frames { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: .75rem; }
.reads { display: flex; flex-wrap: wrap; gap: .4rem; margin-top: .7rem; }
.reads li { padding: .1rem .55rem; border: 1px dashed var(--soft); border-radius: 6px; overflow-wrap: anywhere; }
.refused { color: var(--wrong); font-size: .875rem; line-height: 1.4; padding: .5rem; overflow-wrap: anywhere; }

footer { position: relative; border-top: 1px solid var(--line); background: var(--card); padding: .6rem 1.25rem; }
footer > .row { flex-wrap: wrap; }
footer .said { flex: 1; font: inherit; font-size: .875rem; line-height: 1.35; color: var(--soft); padding: 0 .5rem; overflow-wrap: anywhere; min-width: 0; }
footer .said.bad { color: var(--wrong); font-weight: 650; }
.panel { position: absolute; bottom: 100%; left: 0; right: 0; background: var(--card); border-top: 3px solid var(--wrong); padding: 1rem 1.25rem; box-shadow: 0 -12px 32px #0003; display: grid; gap: .75rem; }
.panel:focus { outline: none; }
.panel h2 { font-size: 1.0625rem; }
.panel ol { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: .4rem; }
.panel ol button { width: 100%; justify-content: space-between; font-weight: 450; white-space: normal; text-align: left; }
.panel .row { align-items: end; } .panel .field { flex: 1; }
dialog { border: 1px solid var(--line); border-radius: 14px; background: var(--card); color: var(--ink); padding: 1.5rem; max-width: min(92vw, 34rem); }
dialog::backdrop { background: #0008; }
dialog h2 { font-size: 1.125rem; margin-bottom: .75rem; } dialog h3 { margin: 1.25rem 0 .5rem; }
dialog dl div { display: grid; grid-template-columns: 7.5rem 1fr; gap: .75rem; padding: .2rem 0; }
dialog form { margin-top: 1.25rem; }

@media (max-width: 62rem) {
  header { grid-template-columns: 1fr auto; padding: .5rem .9rem; }
  .only-narrow { display: inline-flex; }
  .body { grid-template-columns: minmax(0, 1fr); position: relative; }
  nav { display: none; }
  .open nav { display: grid; position: absolute; inset: 0 auto 0 0; width: min(22rem, 88vw); background: var(--paper); z-index: 2; box-shadow: 12px 0 32px #0004; }
  main { padding-top: 1rem; }
  footer { padding: .5rem .9rem; } footer button { padding-inline: .55rem; }
}
@media (max-width: 40rem) {
  header { grid-template-columns: minmax(0, 1fr); }
  .look, .mending .look { grid-template-columns: minmax(0, 1fr); }
  .filters { flex-wrap: wrap; }
}
@media (prefers-reduced-motion: reduce) { .bar i { transition: none; } }
`;
