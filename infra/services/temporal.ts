import type { Home } from '../home/home.js';
import { logFile, temporalStateFile } from '../home/home.js';
import type { ServicePorts } from '../home/settings.js';
import { LOOPBACK } from './ports.js';
import type { ServiceSpec } from './spec.js';

export const NAMESPACE = 'default';
/** What a run can be filtered by in the Temporal UI. */
export const SEARCH_ATTRIBUTES = {
  RuminateStage: 'Keyword',
  RuminateState: 'Keyword',
  RuminateCurriculum: 'Keyword',
  RuminateStep: 'Int',
  RuminateAccuracy: 'Double',
  RuminateReward: 'Double',
} as const;

/**
 * The dev server with its state in a file. The two poll rates are what makes it quick: at their default of 20 a
 * second, every hop of a busy run waits 45 ms.
 */
export function temporalService(
  home: Home,
  ports: ServicePorts,
  binary: { readonly path: string; readonly version: string },
): ServiceSpec {
  return {
    role: 'temporal',
    command: binary.path,
    args: [
      ...['server', 'start-dev'],
      ...['--ip', LOOPBACK, '--port', String(ports.temporal)],
      ...['--ui-ip', LOOPBACK, '--ui-port', String(ports.temporalUi), '--ui-disable-news-fetch'],
      ...['--metrics-port', String(ports.temporalMetrics)],
      ...['--db-filename', temporalStateFile(home, binary.version)],
      ...['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=2000'],
      ...['--dynamic-config-value', 'history.timerProcessorMaxPollRPS=2000'],
      ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => [
        '--search-attribute',
        `${name}=${type}`,
      ]),
      ...['--log-level', 'warn', '--disable-config-file', '--disable-config-env'],
    ],
    env: {},
    logFile: logFile(home, 'temporal'),
    after: [],
    // The UI asks the server itself: it says 200 only once the namespace is there.
    ready: { type: 'http', url: `http://${LOOPBACK}:${ports.temporalUi}/api/v1/namespaces/${NAMESPACE}` },
    ipc: false,
  };
}
