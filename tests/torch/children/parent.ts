import { startProcess } from '../../../infra/torch/process.js';

/** Starts the Python side, says its process id, and waits to be killed. */
const [python, logFile] = process.argv.slice(2) as [string, string];
const { pid } = await startProcess({ python, logFile });
process.send!({ pid });
setInterval(() => undefined, 1000);
