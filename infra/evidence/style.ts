/** What the evidence page adds to the report's style sheet. */
export const EVIDENCE_STYLE = `
main { margin-top: 2rem; }
article h4 { font-size: .9375rem; }
.overview { display: grid; grid-template-columns: repeat(auto-fill, minmax(6.5rem, 1fr)); gap: .6rem; }
.overview img { width: 100%; height: auto; border-radius: 4px; display: block; }
.overview figcaption, .look figcaption { display: block; padding: .15rem 0 0; font-size: .75rem; color: var(--soft); }
.looks { display: grid; gap: 2rem; }
.looks li { min-width: 0; }
.looks h4 { display: flex; gap: .5rem; align-items: baseline; margin-bottom: .5rem; }
.looks h4 span { flex: none; width: 1.5rem; height: 1.5rem; border-radius: 50%; background: var(--ink); color: var(--paper); font-size: .8125rem; text-align: center; line-height: 1.5rem; }
.looks h4 small { margin-left: auto; }
.looks .look { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); align-items: start; }
.looks .look.whole { grid-template-columns: minmax(0, 40rem); }
.looks .look + .look { margin-top: 1rem; }
.overview img, .looks .look img { outline: 1px solid var(--line); outline-offset: -1px; }
.looks q { font-weight: 400; overflow-wrap: anywhere; }
.looks .look figcaption { grid-column: 1 / -1; }
.looks .region img { max-height: 24rem; image-rendering: auto; }
.looks .region img:not(:last-of-type) { max-height: 14rem; }
img.coarse, .looks .region img.coarse { image-rendering: pixelated; }
.looks .region small { display: block; padding: .3rem .15rem .5rem; color: var(--soft); font-size: .75rem; line-height: 1.3; text-align: left; }
.options { list-style: upper-alpha inside; }
.answer:not(.right):not(.wrong) { background: var(--accent-soft); }
.answer em { font: italic 400 1rem/1.5 inherit; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .8125rem; color: var(--soft); margin: 0 0 .6rem; }
`;
