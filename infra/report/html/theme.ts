/** Colours, light and dark, and what all our pages share: type, focus, small print. */
export const THEME = `
:root {
  color-scheme: light dark;
  --paper: #fbfaf6; --card: #ffffff; --ink: #1d1f24; --soft: #5f6470; --line: #e2dfd6;
  --accent: #3446c4; --accent-soft: #dfe3fb; --rival: #8a6a3b; --rival-soft: #efe3cf;
  --right: #0b6b4f; --right-soft: #dff3ea; --wrong: #a52a12; --wrong-soft: #fbe6e0; --box: #ffb000;
  --shade0: #3446c4; --shade1: #0f8a7e; --shade2: #d98a1f; --shade3: #b0446e; --shade4: #6d7f8f; --shade5: #7c5cbf; --shade6: #4f8f3a; --shade7: #b9bec7;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --card: #1c1f25; --ink: #eceae4; --soft: #a3a8b3; --line: #31353e;
    --accent: #9aa8ff; --accent-soft: #2b3263; --rival: #d9b27a; --rival-soft: #453620;
    --right: #6fdcb4; --right-soft: #133a2d; --wrong: #ff9b84; --wrong-soft: #4a1f15; --box: #ffc233;
    --shade0: #8c9bff; --shade1: #3fc0b2; --shade2: #eeb04f; --shade3: #e07fa5; --shade4: #8fa1b1; --shade5: #b59af0; --shade6: #8cc877; --shade7: #59606b;
  }
}
:root {
  --sans: ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, monospace;
}
* { box-sizing: border-box; }
h1, h2, h3, h4, p, figure, ol, ul, dl, dd, fieldset { margin: 0; padding: 0; }
ol, ul { list-style: none; }
a { color: var(--accent); text-underline-offset: .2em; }
small { font-size: .8125rem; color: var(--soft); font-weight: 400; }
code, .file { font-family: var(--mono); font-size: .8125rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -99rem; }
.skip:focus { position: static; }
.note { color: var(--soft); font-size: .875rem; max-width: 62ch; }
`;
