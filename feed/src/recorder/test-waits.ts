/*
 * How long a process could not run although it was ready: its threads waited for a processor (Linux: schedstat), or
 * the machine for its disk (pressure). 0 if the system does not report it: then a test is as strict as on a quiet
 * machine.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** The threads that a recording depends on. */
const THREADS: ReadonlySet<string> = new Set(['MainThread', 'recorder']);

type Seen = { readonly cpu: string; readonly since: number };

/** Of the main thread and the recorder thread of one process. */
export class ThreadWaits {
  readonly #pid: number;
  readonly #seen = new Map<string, Seen>();

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** Since the process began, ms; a wait still in progress counts as far as it was observed. */
  total(now: number): number {
    const tasks = `/proc/${this.#pid}/task`;
    let waitedMs = diskWaits();
    try {
      for (const id of readdirSync(tasks)) {
        const read = (name: string): string => readFileSync(`${tasks}/${id}/${name}`, 'utf8');
        if (!THREADS.has(read('comm').trim())) continue;
        const [cpu = '', delayNs = '0'] = read('schedstat').split(' ');
        waitedMs += Number(delayNs) / 1e6;
        // The system adds a wait when it ends: a thread that is ready and did not run is still waiting.
        const isReady = / R /.test(read('stat').replace(/^.*\)/, ''));
        const seen = this.#seen.get(id);
        if (isReady && seen?.cpu === cpu) waitedMs += now - seen.since;
        else this.#seen.set(id, { cpu, since: now });
      }
    } catch {
      // Another system, or the process is gone.
    }
    return waitedMs;
  }
}

/** Since the machine began, ms. */
function diskWaits(): number {
  try {
    const pressure = readFileSync('/proc/pressure/io', 'utf8');
    return Number(/some .*total=(\d+)/.exec(pressure)?.[1] ?? 0) / 1e3;
  } catch {
    return 0;
  }
}
