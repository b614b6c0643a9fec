/** What time is: the wall's, or a process's own on all cores (for machines that others work on; with one thread). */
export type Clock = 'wall' | 'cpu';

/** Milliseconds since some moment. */
export const CLOCKS: Readonly<Record<Clock, () => number>> = {
  wall: () => performance.now(),
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};
