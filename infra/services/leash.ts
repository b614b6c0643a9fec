/**
 * Loaded into each worker before its own code (`node --import …/leash.js`): when the supervisor dies, by whatever
 * means, the IPC channel closes and the worker leaves too: politely, then by force.
 */
const GRACE_MS = 20_000;

process.on('disconnect', () => {
  setTimeout(() => process.exit(1), GRACE_MS).unref();
  process.kill(process.pid, 'SIGTERM');
});
// Listening must not be what keeps a worker alive that has nothing left to do.
process.channel?.unref();
