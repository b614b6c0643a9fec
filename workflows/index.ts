/** The workflows, by the names that Temporal shows: the bundle's entry. */
export { answers } from './answers.js';
export { ask, evaluateFolder } from './ask.js';
export { curate } from './curate.js';
export { curriculum } from './curriculum.js';
export { evaluate } from './evaluate.js';
export { stage } from './stage.js';
