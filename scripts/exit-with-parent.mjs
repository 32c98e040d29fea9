/*
 * Preloaded (`--import`) into the servers that `npm start` and the browser tests run: a server ends itself when the
 * process that started it has ended, even by `kill -9`, so that no server is ever orphaned.
 */
const parent = process.ppid;
const CHECK_MS = 500;
const GRACE_MS = 5_000;

const check = setInterval(() => {
  if (process.ppid === parent) return;
  clearInterval(check);
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), GRACE_MS).unref();
}, CHECK_MS);
check.unref();
